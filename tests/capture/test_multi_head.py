"""`nn.MultiheadAttention`, and the encoder layers built on it with their fast path."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.capture.watching import score, tokens, watch

MASK = torch.rand(6, 6, generator=torch.Generator().manual_seed(2)) > 0.6  # true: may not be attended to
PADDING = torch.zeros(2, 6, dtype=torch.bool).index_fill(1, torch.tensor([5]), True)


class Attending(nn.Module):
    """Self-attention as a model calls it."""

    def __init__(self, batch_first: bool, need_weights: bool, **options: Tensor) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attention = nn.MultiheadAttention(12, 3, dropout=0.5, batch_first=batch_first)
        self.need_weights, self.options = need_weights, options
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        x = x if self.attention.batch_first else x.transpose(0, 1)
        output = self.attention(x, x, x, need_weights=self.need_weights, **self.options)[0]
        return output if self.attention.batch_first else output.transpose(0, 1)


def written_out(attention: nn.MultiheadAttention, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Weights (batch, head, query, key) and output, from the parameters; `mask` is true where nothing may look."""
    q, k, v = (
        F.linear(x, attention.in_proj_weight, attention.in_proj_bias).unflatten(-1, (3, 3, 4)).permute(2, 0, 3, 1, 4)
    )
    scores = q @ k.mT / 2
    weights = (scores if mask is None else scores.masked_fill(mask, -torch.inf)).softmax(-1)
    return weights, attention.out_proj((weights @ v).transpose(1, 2).flatten(2))


@pytest.mark.parametrize(
    "options", [{}, {"attn_mask": MASK}, {"key_padding_mask": PADDING}], ids=["plain", "mask", "padding"]
)
@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_weights_output_and_gradients(batch_first: bool, need_weights: bool, options: dict[str, Tensor]) -> None:
    module = Attending(batch_first, need_weights, **options)
    mask = options.get("attn_mask", options.get("key_padding_mask"))
    weights, expected = written_out(module.attention, tokens(), mask if mask is not PADDING else PADDING[:, None, None])
    weights.retain_grad()
    score(expected).backward()
    with torch.no_grad():
        unwatched = module(tokens())
    (seen,), output = watch(module, tokens(), gradients=True)
    assert (seen.path, seen.scored) == ("attention", True)
    torch.testing.assert_close(seen.weights.view_as(weights), weights.detach())
    torch.testing.assert_close(seen.gradient.view_as(weights), weights.grad)
    torch.testing.assert_close(output, expected.detach())
    torch.testing.assert_close(output, unwatched)


def test_what_was_asked_for_comes_back() -> None:
    """A model that uses the returned weights gets them, averaged or not."""
    attention = Attending(True, True).attention
    weights, _ = written_out(attention, tokens())

    class Uses(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = attention

        def forward(self, x: Tensor) -> Tensor:
            averaged = self.attention(x, x, x)[1]
            each = self.attention(x, x, x, average_attn_weights=False)[1]
            return torch.cat([averaged[:, None], each], 1)

    _, output = watch(Uses(), tokens())
    torch.testing.assert_close(output, torch.cat([weights.mean(1, keepdim=True), weights], 1).detach())


def test_queries_that_are_no_keys() -> None:
    class Pooling(nn.Module):
        """One learned query asks all tokens, as in SigLIP's head."""

        def __init__(self) -> None:
            super().__init__()
            self.probe = nn.Parameter(torch.randn(1, 1, 12))
            self.attention = nn.MultiheadAttention(12, 3, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.attention(self.probe.expand(len(x), -1, -1), x, x)[0]

    (seen,), _ = watch(Pooling(), tokens(), gradients=True)
    assert seen.scored
    assert seen.weights.numel() == 2 * 3 * 6
    torch.testing.assert_close(seen.weights.sum(-1), torch.ones(seen.weights.shape[:-1]))


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_encoder_layers_do_not_take_their_fast_path(norm_first: bool, batch_first: bool) -> None:
    layer = nn.TransformerEncoderLayer(12, 3, 24, batch_first=batch_first, norm_first=norm_first)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    with torch.inference_mode():  # where the fast path is taken
        expected = encoder(tokens())
    seen, output = watch(encoder, tokens(), gradients=True)
    assert [one.path for one in seen] == ["layers.0.self_attn", "layers.1.self_attn"]
    torch.testing.assert_close(output, expected.clone(), atol=1e-5, rtol=1e-5)
    for one in seen:
        torch.testing.assert_close(one.weights.sum(-1), torch.ones(one.weights.shape[:-1]))
        assert one.gradient.abs().max() > 0


def test_encoder_with_padding_and_nested_tensors() -> None:
    layer = nn.TransformerEncoderLayer(12, 2, 24, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=True).eval()

    class Padded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, x: Tensor) -> Tensor:
            return self.encoder(x, src_key_padding_mask=PADDING)

    (seen,), _ = watch(Padded(), tokens())
    assert seen.weights.shape == (2, 2, 6, 6)
    assert (seen.weights[..., 5] == 0).all()
