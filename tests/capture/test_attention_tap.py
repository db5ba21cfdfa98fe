"""Fused attention, in every way it can be called; and what a tap leaves alone."""

import weakref
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.capture.watching import Attention, Block, Recorder, score, tokens, watch
from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall

ALLOWED = torch.rand(6, 6, generator=torch.Generator().manual_seed(2)) > 0.4
NOTHING_ALLOWED = ALLOWED.index_fill(0, torch.tensor(2), False)
BIAS = torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(3))

CALLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "scale": {"scale": 0.3},
    "boolean mask": {"attn_mask": ALLOWED},
    "boolean mask an image": {"attn_mask": ALLOWED.expand(2, 1, 6, 6)},
    "additive mask": {"attn_mask": BIAS},
    "additive mask of keys": {"attn_mask": BIAS[:1, :1]},
    "nothing allowed": {"attn_mask": NOTHING_ALLOWED},
    "nothing allowed, additive": {"attn_mask": torch.zeros(6, 6).masked_fill(~NOTHING_ALLOWED, -torch.inf)},
    "causal": {"is_causal": True},
    "mask and scale": {"attn_mask": BIAS, "scale": 1.0},
}


def fused(q: Tensor, k: Tensor, v: Tensor, **options: Any) -> tuple[None, Tensor]:
    return None, F.scaled_dot_product_attention(q, k, v, **options)


def written_out(q: Tensor, k: Tensor, v: Tensor, **options: Any) -> tuple[Tensor, Tensor]:
    """The same by definition."""
    mask = torch.ones(6, 6, dtype=torch.bool).tril() if options.get("is_causal") else options.get("attn_mask")
    scores = q @ k.mT * options.get("scale", q.shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    nothing = scores.isneginf().all(-1, keepdim=True)
    weights = scores.masked_fill(nothing, 0.0).softmax(-1).masked_fill(nothing, 0.0)
    return weights, weights @ v


def same_weights(first: nn.Module, second: nn.Module) -> None:
    second.load_state_dict(first.state_dict())


@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_weights_and_gradients_are_those_of_attention_written_out(options: dict[str, Any]) -> None:
    module = Block(partial(fused, **options), depth=2)
    eager = Block(partial(written_out, **options), depth=2)
    same_weights(module, eager)
    plain_output = eager(tokens())
    for layer in eager.layers:
        layer.used.retain_grad()
    score(plain_output).backward()
    seen, output = watch(module, tokens(), gradients=True)
    assert [one.path for one in seen] == ["layers.0", "layers.1"]
    torch.testing.assert_close(output, plain_output.detach())
    for one, layer in zip(seen, eager.layers, strict=True):
        torch.testing.assert_close(one.weights, layer.used.detach())
        torch.testing.assert_close(one.gradient, layer.used.grad)
        for head, (weights, gradient) in enumerate(one.by_head):
            torch.testing.assert_close(weights, one.weights[:, head])
            torch.testing.assert_close(gradient, one.gradient[:, head])


def test_fewer_key_heads_than_query_heads() -> None:
    def grouped(q: Tensor, k: Tensor, v: Tensor) -> tuple[None, Tensor]:
        return None, F.scaled_dot_product_attention(q, k[:, :1], v[:, :1], enable_gqa=True)

    def repeated(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        return written_out(q, k[:, :1].expand(-1, 3, -1, -1), v[:, :1].expand(-1, 3, -1, -1))

    module, eager = Block(grouped), Block(repeated)
    same_weights(module, eager)
    expected = eager(tokens())
    eager.layers[0].used.retain_grad()
    score(expected).backward()
    (seen,), output = watch(module, tokens(), gradients=True)
    torch.testing.assert_close(output, expected.detach())
    torch.testing.assert_close(seen.weights, eager.layers[0].used.detach())
    torch.testing.assert_close(seen.gradient, eager.layers[0].used.grad)


def test_operands_by_position_by_name_and_as_an_operator() -> None:
    ways = [
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, ALLOWED, 0.0, False),
        lambda q, k, v: F.scaled_dot_product_attention(query=q, key=k, value=v, attn_mask=ALLOWED),
        lambda q, k, v: torch.ops.aten.scaled_dot_product_attention(q, k, v, ALLOWED),
        lambda q, k, v: torch.ops.aten.scaled_dot_product_attention.default(q, k, v, ALLOWED),
    ]
    modules = [Block(lambda q, k, v, way=way: (None, way(q, k, v))) for way in ways]
    for module in modules[1:]:
        same_weights(modules[0], module)
    found = [watch(module, tokens())[0][0].weights for module in modules]
    for weights in found:
        torch.testing.assert_close(weights, found[0])
    assert (found[0][:, :, ~ALLOWED] == 0).all()


@pytest.mark.parametrize("attend", [fused, written_out])
def test_a_frozen_model_has_gradients_too(attend: Any) -> None:
    module = Block(attend, depth=2)
    expected = [one.gradient for one in watch(module, tokens(), gradients=True)[0]]
    module.requires_grad_(False)
    found = [one.gradient for one in watch(module, tokens(), gradients=True)[0]]
    for one, other in zip(found, expected, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("attend", [fused, written_out])
def test_gradients_come_last_layer_first(attend: Any) -> None:
    module, recorder = Block(attend, depth=3), Recorder(gradients=True)
    with torch.no_grad(), AttentionTap(module, recorder) as tap:
        output = module(tokens())
    torch.autograd.grad(score(output), tap.starts)
    assert recorder.arrivals == ["layers.2", "layers.1", "layers.0"]


def test_no_layer_s_weights_outlive_it() -> None:
    """All maps of ViT-B at 1,025 tokens are 605 MB an image: of what is not kept, nothing may stay."""

    class Fleeting(Recorder):
        alive = 0

        def before(self, call: AttentionCall) -> bool:
            assert self.alive == 0
            weights = call.weights.full()
            self.alive += 1
            weakref.finalize(weights, setattr, self, "alive", 0)
            self.rows = [*getattr(self, "rows", []), call.weights.rows([0])]
            return False

        def after(self, call: AttentionCall, output: Tensor) -> None:
            assert self.alive == 0

    watcher = Fleeting()
    with torch.no_grad(), AttentionTap(module := Block(fused, depth=3), watcher):
        module(tokens())
    assert len(watcher.rows) == 3


def test_an_error_in_the_model_leaves_no_tap_behind() -> None:
    def broken(q: Tensor, k: Tensor, v: Tensor) -> tuple[None, Tensor]:
        raise RuntimeError("out of order")

    recorder = Recorder()
    module = Attention(broken)
    with pytest.raises(RuntimeError, match="out of order"), AttentionTap(module, recorder):
        module(tokens())
    Attention(fused)(tokens())
    assert not recorder.seen
    assert not torch.overrides._get_current_function_mode_stack()


def test_other_modules_calls_are_seen_under_the_module_they_serve() -> None:
    """A function, or a module that is not the model's own, runs on behalf of the one that calls it."""
    helper = Attention(fused)

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Identity()
            self.borrowed = [helper]  # a list hides it from `named_modules`

        def forward(self, x: Tensor) -> Tensor:
            return self.borrowed[0](self.inner(x))

    (seen,), _ = watch(nn.Sequential(nn.Identity(), Outer()), tokens())
    assert seen.path == "1"
