"""Attention written out, in the ways models write it: what is seen is the operand contracted with the values."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.capture.watching import Block, score, tokens, watch

Pair = tuple[Tensor, Tensor]  # the weights that were used, and what they made of the values


def softmax(query: Tensor, key: Tensor) -> Tensor:
    return (query @ key.mT / 2).softmax(-1)


def plain(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = softmax(q, k)
    return weights, weights @ v


def module_softmax_dropout_and_casts(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    scores = torch.matmul(q, k.transpose(-1, -2)).float()
    weights = nn.Dropout(0.5).eval()(nn.Softmax(dim=-1)(scores)).to(q.dtype).contiguous()
    return weights, torch.matmul(weights, v)


def named_operands(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = F.softmax(torch.matmul(input=q, other=k.mT), dim=-1, dtype=torch.float32).type_as(v)
    return weights, torch.matmul(weights, other=v)


def in_place_scores(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    scores = q @ k.mT
    scores = scores.mul_(0.5).add_(torch.ones(6, 6).tril())
    scores -= scores.detach().amax(-1, keepdim=True)
    weights = scores.softmax(-1)
    return weights, weights @ v


def masked(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    allowed = torch.ones(6, 6, dtype=torch.bool).tril()
    scores = (q @ k.mT).masked_fill(~allowed, -torch.inf) + torch.eye(6)
    weights = torch.where(allowed, scores.softmax(-1), 0.0)
    return weights, weights @ v


def transposed(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = softmax(q, k)
    return weights, (v.mT @ weights.mT).mT


def moved(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = softmax(q, k)
    shuffled = weights.permute(0, 2, 3, 1).swapaxes(0, 1).movedim(-1, 0)  # head query batch key
    return weights, shuffled.transpose(0, 2).transpose(1, 2) @ v


def keys_first(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = (k @ q.mT).softmax(-2).mT
    return weights, (v.mT @ weights.mT).mT


def heads_folded(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = torch.bmm(q.flatten(0, 1), k.flatten(0, 1).mT).softmax(-1)
    return weights, torch.bmm(weights, v.flatten(0, 1)).unflatten(0, (-1, 3))


def with_baddbmm(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = torch.baddbmm(torch.eye(6).expand(6, 6, 6), q.flatten(0, 1), k.flatten(0, 1).mT).softmax(-1)
    output = torch.baddbmm(torch.zeros(6, 6, 4), batch1=weights, batch2=v.flatten(0, 1))
    return weights, output.unflatten(0, (-1, 3))


def baddbmm_values_first(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = softmax(q, k)
    output = torch.baddbmm(torch.zeros(6, 4, 6), v.flatten(0, 1).mT, weights.flatten(0, 1).mT)
    return weights, output.mT.unflatten(0, (-1, 3))


def window_mask(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    """Swin: a mask for each window, added with windows unfolded from the batch."""
    scores = (q @ k.mT).view(1, 2, 3, 6, 6) + torch.eye(6).expand(2, 6, 6)[None, :, None]
    weights = scores.view(-1, 3, 6, 6).softmax(-1)
    return weights, weights @ v


def an_einsum(equation: str, *, values_first: bool = False, as_list: bool = False) -> Callable[..., Pair]:
    def attend(q: Tensor, k: Tensor, v: Tensor) -> Pair:
        weights = torch.einsum("bhqc,bhkc->bhqk", q, k).softmax(-1)
        operands = [v, weights] if values_first else [weights, v]
        output = torch.einsum(equation, operands) if as_list else torch.einsum(equation, *operands)
        return weights, output if output.shape[1] == 3 else output.transpose(1, 2)

    return attend


def einsum_keys_inside(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = torch.einsum("bhqc,bhkc->bqkh", q, k).softmax(2).permute(0, 3, 1, 2)
    return weights, torch.einsum("bqkh,bhkc->bhqc", weights.permute(0, 2, 3, 1), v)


def einsum_shared_values(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = torch.einsum("b h q c, b k c -> b h q k", q, k[:, 0]).softmax(-1)
    return weights, torch.einsum("b h q k, b k c -> b h q c", weights, v[:, 0])


def talking_heads(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    """CaiT: linear layers mix heads before and after the softmax."""
    before, after = torch.linspace(-1, 1, 9).view(3, 3), torch.linspace(0, 1, 9).view(3, 3)
    scores = F.linear((q @ k.mT).permute(0, 2, 3, 1), before).permute(0, 3, 1, 2)
    weights = F.linear(scores.softmax(-1).permute(0, 2, 3, 1), after).permute(0, 3, 1, 2)
    return weights, weights @ v


def talking_heads_by_convolution(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    mixing = torch.linspace(0, 1, 9).view(3, 3, 1, 1)
    weights = F.conv2d(softmax(q, k), mixing)
    weights = F.batch_norm(weights, torch.zeros(3), torch.ones(3))
    return weights, weights @ v


def reattention(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    """DeepViT: heads mixed by an einsum, then a norm over heads."""
    mixing = nn.Parameter(torch.linspace(0, 1, 9).view(3, 3), requires_grad=False)
    mixed = torch.einsum("bhqk,hg->bgqk", softmax(q, k), mixing)
    weights = F.layer_norm(mixed.permute(0, 2, 3, 1), (3,)).permute(0, 3, 1, 2)
    return weights, weights @ v


def heads_mixed_by_matmul(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    mixing = nn.Parameter(torch.linspace(0, 1, 9).view(3, 3), requires_grad=False)
    weights = (softmax(q, k).permute(0, 2, 3, 1) @ mixing).permute(0, 3, 1, 2)
    return weights, weights @ v


def gated(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    """ConViT: a softmax of positions beside that of contents, a gate between them, rows normalised again."""
    places = torch.linspace(-2, 2, 108).view(1, 3, 6, 6).softmax(-1).expand(2, -1, -1, -1)
    gate = torch.tensor([0.1, 0.5, 0.9]).view(1, 3, 1, 1)
    weights = (1 - gate) * softmax(q, k) + gate * places
    weights = weights / weights.sum(-1).unsqueeze(-1)
    return weights, weights @ v


def differential(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    weights = softmax(q, k) - 0.3 * softmax(q.flip(1), k.flip(1))
    return weights, weights @ v


def sink(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    """A key that is no token takes part in the softmax and is dropped after it."""
    weights = torch.cat([q @ k.mT, torch.ones(2, 3, 6, 1)], -1).softmax(-1)[..., :-1]
    return weights, weights @ v


def exported(q: Tensor, k: Tensor, v: Tensor) -> Pair:
    """As exported graphs spell it."""
    ops = torch.ops.aten
    weights = ops._softmax.default(ops.matmul.default(q, k.mT), -1, False)
    folded = ops.view.default(ops.expand.default(weights, [2, 3, 6, 6]), [6, 6, 6])
    return weights, ops.bmm.default(folded, v.flatten(0, 1)).unflatten(0, (-1, 3))


WAYS = [
    plain, module_softmax_dropout_and_casts, named_operands, in_place_scores, masked, transposed, moved, keys_first,
    heads_folded, with_baddbmm, baddbmm_values_first, window_mask, einsum_keys_inside, einsum_shared_values,
    talking_heads, talking_heads_by_convolution, reattention, heads_mixed_by_matmul, gated, differential, sink,
    exported,
]  # fmt: skip
EINSUMS = {
    "bhqk,bhkc->bhqc": {},
    "b h i j, b h j d -> b h i d": {"as_list": True},
    "...qk,...kc->...qc": {},
    "b...qk,b...kc->b...qc": {"as_list": True},
    "bhkc,bhqk->bqhc": {"values_first": True},
    "...ak,...kc": {},  # the result's letters in alphabetical order
}


@pytest.mark.parametrize("attend", WAYS, ids=lambda way: way.__name__)
def test_what_is_contracted_with_the_values_is_seen(attend: Callable[..., Pair]) -> None:
    check(attend)


@pytest.mark.parametrize(("equation", "how"), EINSUMS.items(), ids=EINSUMS)
def test_einsum_however_it_is_spelled(equation: str, how: dict[str, bool]) -> None:
    check(an_einsum(equation, **how))


def check(attend: Callable[..., Pair]) -> None:
    """One call, its weights those that were used, its gradient autograd's; the output as if nobody had watched."""
    module = Block(attend)
    plain_output = module(tokens())
    module.layers[0].used.retain_grad()
    score(plain_output).backward()
    expected = module.layers[0].used
    (seen,), output = watch(module, tokens(), gradients=True)
    assert (seen.path, seen.scored) == ("layers.0", True)
    torch.testing.assert_close(seen.weights.view_as(expected), expected.detach())
    torch.testing.assert_close(seen.gradient.reshape(expected.shape), expected.grad)
    torch.testing.assert_close(output, plain_output.detach())
