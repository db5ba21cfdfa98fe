"""Attention that cannot be seen: named, with the way out, and never a map as if nothing had been missed."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention.flex_attention import flex_attention

from tests.models.tiny_classifier import TinyClassifier, as_model, fused, images
from vitxplain.errors import CaptureError, UnsupportedModelError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.head_distance import HeadDistance
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.explainers.raw_attention import RawAttention

ATTENTION = [AttentionRollout(), RawAttention(), HeadDistance(), GradientAttention()]


@torch.library.custom_op("vitxplain_tests::flash_attn", mutates_args=())
def flash_attn(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """As third-party kernels register themselves."""
    return F.scaled_dot_product_attention(query, key, value)


def save(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
    with torch.enable_grad():
        inputs = [one.detach().requires_grad_() for one in ctx.saved_tensors]
        return torch.autograd.grad(F.scaled_dot_product_attention(*inputs), inputs, gradient)


flash_attn.register_autograd(backward, setup_context=save)


@torch.library.custom_op("vitxplain_tests::mystery", mutates_args=())
def mystery(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """A kernel whose name says nothing."""
    return F.scaled_dot_product_attention(query, key, value)


mystery.register_autograd(backward, setup_context=save)


def plain(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return torch.softmax(query @ key.transpose(-2, -1), -1) @ value


with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`torch.jit")  # of one category or another, by torch's version
    scripted = torch.jit.script(plain)


def head_by_head(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The softmax is seen, but not that its slices weigh anything."""
    weights = (query @ key.mT).softmax(-1)
    return torch.stack([a @ v for a, v in zip(weights.unbind(1), value.unbind(1), strict=True)], 1)


def kernel(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(query, key, value)[0]


def seldom(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Fused for the images of the probe, hidden for others."""
    return F.scaled_dot_product_attention(query, key, value) if len(query) < 3 else kernel(query, key, value)


HIDDEN: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "calls flash_attn, ": lambda q, k, v: torch.ops.vitxplain_tests.flash_attn(q, k, v),
    "calls flash_attn,": flash_attn,
    "calls flex_attention,": flex_attention,
    "calls flex_attention, ": torch.compile(flex_attention, backend="eager"),
    "calls _scaled_dot_product_flash_attention_for_cpu,": kernel,
    "takes a softmax of scores, but what that weighs could not be followed": head_by_head,
}


def flex_has_a_gradient() -> bool:
    """On the CPU, which torch 2.8 gives it and later versions refuse."""
    query = torch.rand(1, 1, 16, 16, requires_grad=True)
    try:
        return flex_attention(query, query, query).requires_grad
    except NotImplementedError:
        return False


def hiding(attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> nn.Module:
    """The second of two layers attends unseen."""
    return TinyClassifier([fused, lambda q, k, v: (None, attend(q, k, v))])


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile:UserWarning")
@pytest.mark.parametrize(("what", "attend"), HIDDEN.items())
def test_hidden_attention_is_named_with_the_way_out(
    what: str, attend: Callable[[Tensor, Tensor, Tensor], Tensor]
) -> None:
    model = as_model(hiding(attend))
    for method in ATTENTION:
        with pytest.raises(UnsupportedModelError, match=rf"blocks\.1\.attention {what}") as caught:
            method.explain(model, images())
        assert "attn_implementation='eager', or use grad-cam" in str(caught.value)
    assert auto_method(model) == "grad-cam"
    if "flex" in what and not flex_has_a_gradient():
        with pytest.raises(UnsupportedModelError, match="no gradient passes through it: FlexAttention does not"):
            GradCAM("blocks.1.norm1").explain(model, images())
    else:
        found = GradCAM("blocks.1.norm1").explain(model, images())
        assert found.isfinite().all()
        assert found.abs().max() > 0


@pytest.mark.parametrize("attend", [mystery, scripted])
@pytest.mark.parametrize("method", ATTENTION, ids=lambda method: type(method).__name__)
def test_attention_nothing_gives_away_is_no_attention(attend: Callable, method: Explainer) -> None:
    """A kernel of any other name shows neither softmax nor product: no map can be made, so none is."""
    module = TinyClassifier([lambda q, k, v: (None, attend(q, k, v))])
    with pytest.raises(UnsupportedModelError, match="no attention"):
        method.explain(as_model(module), images())


def test_attention_hidden_from_some_images_only() -> None:
    model = as_model(hiding(seldom))
    assert AttentionRollout().explain(model, images(2)).isfinite().all()
    with pytest.raises(CaptureError, match=r"blocks\.1\.attention calls _scaled_dot_product_flash.*or use grad-cam"):
        AttentionRollout().explain(model, images(3))


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_script_modules_are_refused_when_loaded() -> None:
    module = TinyClassifier()
    module.blocks[1].mlp = torch.jit.script(module.blocks[1].mlp)
    with pytest.raises(CaptureError, match=r"blocks\.1\.mlp is a TorchScript module"):
        as_model(module)


class Wayward(nn.Module):
    """Runs `path(batch size)` of its layers, in that order."""

    def __init__(self, path: Callable[[int], list[int]]) -> None:
        super().__init__()
        self.inner, self.path = TinyClassifier([fused, fused, fused]), path

    def forward(self, pixel_values: Tensor) -> Tensor:
        x = self.inner.tokens(pixel_values)
        for index in self.path(len(pixel_values)):
            x = self.inner.blocks[index](x)
        return self.inner.head(self.inner.norm(x)[:, 0])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (lambda batch: [0, 1] if batch < 3 else [0, 1, 2], r"blocks\.2\.attention ran attention that did not run"),
        (lambda batch: [0, 1] if batch < 3 else [0], r"1 of 2 attention calls ran; missing from inner\.blocks\.1"),
        (
            lambda batch: [0, 1] if batch < 3 else [0, 2],
            r"ran in inner\.blocks\.2\.attention, where .*blocks\.1\.attention",
        ),
    ],
    ids=["more", "fewer", "others"],
)
def test_other_attention_than_the_probe_saw_is_no_map(path: Callable[[int], list[int]], message: str) -> None:
    model = as_model(Wayward(path))
    for method in (AttentionRollout(), GradientAttention()):
        assert method.explain(model, images(2)).isfinite().all()
        with pytest.raises(CaptureError, match=message):
            method.explain(model, images(3))


def test_attention_no_gradient_reaches_is_named() -> None:
    """A linear probe on frozen, detached features: attention is there, but nothing flows back to it."""
    module = TinyClassifier()
    module.norm.register_forward_pre_hook(lambda _, args: (args[0].detach(),))
    model = as_model(module)
    assert AttentionRollout().explain(model, images()).isfinite().all()
    with pytest.raises(UnsupportedModelError, match="no gradient of the logits reaches its attention"):
        GradientAttention().explain(model, images())


def test_a_layer_that_runs_under_no_grad_cannot_be_differentiated() -> None:
    class FrozenBackbone(TinyClassifier):
        def forward(self, pixel_values: Tensor) -> Tensor:
            with torch.no_grad():
                x = self.blocks[1](self.blocks[0](self.tokens(pixel_values)))
            return self.head(self.norm(x).mean(1))

    model = as_model(FrozenBackbone())
    assert GradCAM("norm").explain(model, images()).abs().max() > 0
    with pytest.raises(CaptureError, match=r"runs what comes after it under torch\.no_grad.* name a later layer"):
        GradCAM("blocks.0").explain(model, images())
    with pytest.raises(UnsupportedModelError, match="no gradient of the logits reaches its attention"):
        GradientAttention().explain(model, images())
