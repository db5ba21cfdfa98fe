"""What each attention call is: its kind and its axes, whatever library folds them however."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.models.tiny_classifier import WIDTH, TinyClassifier, as_model, images, written_out
from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.raw_attention import RawAttention

METHODS = [AttentionRollout(), GradientAttention(), RawAttention()]


def folded(q: Tensor, k: Tensor, v: Tensor) -> tuple[None, Tensor]:
    """(batch*head, query, key), as in BotNet and SAM."""
    weights = torch.bmm(q.flatten(0, 1) / 2, k.flatten(0, 1).mT).softmax(-1)
    return None, torch.bmm(weights, v.flatten(0, 1)).unflatten(0, (-1, 3))


def folded_fused(q: Tensor, k: Tensor, v: Tensor) -> tuple[None, Tensor]:
    output = F.scaled_dot_product_attention(*(one.flatten(0, 1) for one in (q, k, v)))
    return None, output.unflatten(0, (-1, 3))


def heads_first(q: Tensor, k: Tensor, v: Tensor) -> tuple[None, Tensor]:
    return None, F.scaled_dot_product_attention(*(one.transpose(0, 1) for one in (q, k, v))).transpose(0, 1)


def heads_apart(q: Tensor, k: Tensor, v: Tensor) -> tuple[None, Tensor]:
    """(head, batch, 1, query, key): an axis of one on the way."""
    moved = (one.transpose(0, 1).unsqueeze(2) for one in (q, k, v))
    return None, F.scaled_dot_product_attention(*moved).squeeze(2).transpose(0, 1)


def by_einsum(q: Tensor, k: Tensor, v: Tensor) -> tuple[None, Tensor]:
    weights = torch.einsum("bhqc,bhkc->bqkh", q / 2, k).softmax(2)
    return None, torch.einsum("bqkh,bhkc->bhqc", weights, v)


WAYS = {
    written_out: "batch head query key",
    folded: "batch*head query key",
    folded_fused: "batch*head query key",
    heads_first: "head batch query key",
    by_einsum: "batch head query key",
}


@pytest.mark.parametrize("attend", WAYS)
def test_heads_and_batch_folded_in_any_way_give_the_same_maps(attend: Callable) -> None:
    model, plain = as_model(TinyClassifier([attend] * 2)), as_model(TinyClassifier([written_out] * 2))
    plain.module.load_state_dict(model.module.state_dict())
    assert {(layout.kind, layout.axes, layout.heads) for layout in model.probe().layouts} == {
        ("token", WAYS[attend], 3)
    }
    found, expected = (shared_pass(one, images(3), METHODS, [0, 1, 2]).maps for one in (model, plain))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def test_an_axis_of_one_is_no_window() -> None:
    model, plain = as_model(TinyClassifier([heads_apart] * 2)), as_model(TinyClassifier([written_out] * 2))
    plain.module.load_state_dict(model.module.state_dict())
    found, expected = (shared_pass(one, images(3), METHODS, [0, 1, 2]).maps for one in (model, plain))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v)


class LatentPooling(nn.Module):
    """One learned query asks all tokens (SigLIP's head, timm's attention pooling)."""

    def __init__(self) -> None:
        super().__init__()
        self.latent, self.kv, self.norm = (
            nn.Parameter(torch.randn(1, 1, WIDTH)),
            nn.Linear(WIDTH, 24),
            nn.LayerNorm(WIDTH),
        )

    def forward(self, x: Tensor) -> Tensor:
        key, value = self.kv(self.norm(x)).unflatten(-1, (2, 3, 4)).permute(2, 0, 3, 1, 4)
        query = self.latent.expand(len(x), -1, -1).unflatten(-1, (3, 4)).transpose(1, 2)
        return attention(query, key, value).transpose(1, 2).flatten(2)[:, 0]


class ChannelAttention(nn.Module):
    """XCiT: channels ask channels about tokens."""

    num_heads = 3

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, 3, 4)).permute(2, 0, 3, 4, 1)  # batch head channel token
        weights = (F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT).softmax(-1)
        return x + (weights @ v).flatten(1, 2).mT


class CrossAttention(nn.Module):
    """Tokens ask 4 summaries of the image, in no place of it."""

    num_heads = 3

    def __init__(self) -> None:
        super().__init__()
        self.q, self.kv, self.summary = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 24), nn.Linear(15, 4)

    def forward(self, x: Tensor) -> Tensor:
        query = self.q(x).unflatten(-1, (3, 4)).transpose(1, 2)
        key, value = self.kv(self.summary(x.mT).mT).unflatten(-1, (2, 3, 4)).permute(2, 0, 3, 1, 4)
        return x + attention(key, query, query).mean() + attention(query, key, value).transpose(1, 2).flatten(2)


class ContextPooling(nn.Module):
    """GCNet: a softmax over places that compares no tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mask(x).mT.softmax(-1) @ x


def with_extra(extra: nn.Module) -> nn.Module:
    """Two ordinary layers around one of another kind."""
    module = TinyClassifier([written_out] * 2, prefix=0, read=lambda x: x.mean(1))
    module.blocks.insert(1, extra)
    return module.eval()


def test_one_latent_query_is_pooling_and_the_token_layers_stay() -> None:
    module = TinyClassifier([written_out] * 2, prefix=0)
    module.read = LatentPooling()
    probe = as_model(module.eval()).probe()
    assert [layout.kind for layout in probe.layouts] == ["token", "token", "pooling"]
    assert probe.layouts[-1].axes == "batch head query key"
    assert probe.isotropic
    for method in METHODS:
        assert method.explain(as_model(module), images()).shape[-2:] == (3, 5)


@pytest.mark.parametrize(
    ("extra", "kinds"),
    [
        (ChannelAttention(), ["token", "channel", "token"]),
        (ContextPooling(), ["token", "other", "token"]),
    ],
)
def test_attention_of_another_kind_is_never_shown(extra: nn.Module, kinds: list[str]) -> None:
    model = as_model(with_extra(extra))
    assert [layout.kind for layout in model.probe().layouts] == kinds
    shown = RawAttention().explain(model, images())
    assert shown.shape == (2, 2, 3, 3, 5)  # the two token layers


def test_a_network_whose_softmaxes_are_gates_has_no_attention() -> None:
    module = nn.Sequential(
        nn.Conv2d(3, WIDTH, 8, 8), nn.Flatten(2), Transposed(), ContextPooling(), Mean(), nn.Linear(WIDTH, 5)
    )
    model = as_model(module.eval())
    assert [layout.kind for layout in model.probe().layouts] == ["other"]
    for method in METHODS:
        with pytest.raises(UnsupportedModelError, match=r"no attention \(1 other softmax"):
            method.explain(model, images())


class Transposed(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mT


class Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)
