"""One forward pass and one backward for all methods; the model is left as found, whatever happens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from tests.capture.state import state
from tests.explainers import tiny
from vitxplain.capture.record import AttentionRecord
from vitxplain.errors import OptionError, TargetError, VitxplainError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import AttentionExplainer, Explainer
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.gradient_rollout import GradientRollout
from vitxplain.explainers.head_distance import HeadDistance
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.position_similarity import PositionSimilarity
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTION_GRADIENTS, ATTENTIONS
from vitxplain.tasks.base import LOGITS, TargetLike

BY_ATTENTION = [AttentionRollout(), AttentionRollout("max", 0.5), RawAttention(), HeadDistance()]
BY_GRADIENT = [GradientAttention(), GradientRollout(), GradCAM(), GradCAM("vit.layers.0")]
ALL = [*BY_ATTENTION, *BY_GRADIENT, PositionSimilarity()]


def alike(found: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("methods", "backwards"), [(BY_ATTENTION, 0), (BY_GRADIENT, 1), (ALL, 1)])
def test_one_forward_pass_and_at_most_one_backward(methods: list[Explainer], backwards: int) -> None:
    module = tiny.vit_module()
    model = tiny.as_model(module)
    model.probe()
    counts = {"forward": 0, "backward": 0}

    def count(way: str) -> Callable[..., None]:
        def hook(*_: object) -> None:
            counts[way] += 1

        return hook

    module.register_forward_pre_hook(count("forward"))
    module.classifier.register_full_backward_pre_hook(count("backward"))
    found = shared_pass(model, tiny.images(2), methods, 1).maps
    assert counts == {"forward": 1, "backward": backwards}
    alike(found, [method.explain(model, tiny.images(2), 1) for method in methods])


@pytest.mark.parametrize("target", [None, 1, [2, 0, 1]])
def test_large_images_pass_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch, target: TargetLike) -> None:
    module, batches = tiny.vit_module(), []
    module.register_forward_pre_hook(
        lambda _, args, kwargs: batches.append([*args, *kwargs.values()][0].shape[0]), with_kwargs=True
    )
    model, images = tiny.load(lambda: module), tiny.images(3)
    together = shared_pass(model, images, ALL, target)
    assert batches[-1] == 3
    batches.clear()
    monkeypatch.setattr("vitxplain.explainers.passes.shared_pass.PIXELS_AT_ONCE", 2 * images[0, 0].numel())
    apart = shared_pass(model, images, ALL, target)
    assert batches == [2, 1]
    alike([apart.outputs[LOGITS], *apart.maps], [together.outputs[LOGITS], *together.maps])
    with pytest.raises(TargetError, match="2 targets were given for 3 images"):
        shared_pass(model, images, ALL, [0, 1])


def test_results_come_in_the_order_asked_and_equal_methods_twice() -> None:
    model = tiny.load(tiny.vit_module)
    asked = [GradCAM(), AttentionRollout(), GradientAttention(), AttentionRollout()]
    found = shared_pass(model, tiny.images(1), asked, 2)
    alike(found.maps, [method.explain(model, tiny.images(1), 2) for method in asked])
    torch.testing.assert_close(found.outputs[LOGITS], model.module(tiny.images(1)).logits.detach())
    for one in (found.outputs[LOGITS], *found.maps):
        assert not one.requires_grad


class Watchful(TorchDispatchMode):
    """The shapes of all tensors that any operation makes."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: set[tuple[int, ...]] = set()

    def __torch_dispatch__(self, func: Callable, types: object, args: tuple = (), kwargs: dict | None = None) -> object:
        result = func(*args, **(kwargs or {}))
        for one in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(one, Tensor):
                self.shapes.add(tuple(one.shape))
        return result


def test_a_large_layer_s_heads_are_never_all_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the weights nor their gradients of fused attention, whatever is asked of them."""
    monkeypatch.setattr("vitxplain.capture.weights.RUN", 1)
    model = tiny.load(tiny.vit_module)
    batch, heads, tokens = 3, 2, 16
    with Watchful() as watchful:
        shared_pass(model, tiny.images(batch), [AttentionRollout(), HeadDistance(), *BY_GRADIENT], 1)
    assert {(batch, tokens, tokens), (batch, 1, tokens, tokens)} & watchful.shapes
    assert (batch, heads, tokens, tokens) not in watchful.shapes


@dataclass(frozen=True)
class Failing(AttentionExplainer):
    """Fails in one of its two parts, in the forward or in the backward pass."""

    part: str
    backward: bool = False
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]
        return frozenset({ATTENTIONS, ATTENTION_GRADIENTS} if self.backward else {ATTENTIONS})

    def keep(self, record: AttentionRecord) -> Tensor:
        if self.part == "keep" and record.layer == 1:
            raise ZeroDivisionError("keep")
        return record.fuse_heads("mean")

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> Tensor:
        raise ZeroDivisionError("combine")


MISHAPS: dict[str, tuple[type[Exception], list[Explainer], object]] = {
    "keep": (ZeroDivisionError, [Failing("keep"), *ALL], 1),
    "keep, backward": (ZeroDivisionError, [*ALL, Failing("keep", backward=True)], 1),
    "combine": (ZeroDivisionError, [*ALL, Failing("combine")], 1),
    "combine, backward": (ZeroDivisionError, [Failing("combine", backward=True), *ALL], 1),
    "target": (TargetError, ALL, 99),
    "targets": (TargetError, ALL, [1, 2, 3]),
    "layer": (OptionError, [*ALL, GradCAM("vit.nowhere")], 1),
    "layer without a map": (OptionError, [*ALL, GradCAM("classifier")], 1),
    "channels": (VitxplainError, ALL, 1),
}


def in_training(module: nn.Module) -> nn.Module:
    return module.train()


def frozen(module: nn.Module) -> nn.Module:
    return module.requires_grad_(False)


def partly_frozen(module: nn.Module) -> nn.Module:
    module.vit.layers[0].requires_grad_(False)
    return module


def with_gradients(module: nn.Module) -> nn.Module:
    module(tiny.images(1)).logits.sum().backward()
    return module


def with_hooks(module: nn.Module) -> nn.Module:
    module.vit.layers[0].register_forward_hook(lambda *_: None)
    module.classifier.register_full_backward_hook(lambda *_: None)
    return module


def checkpointed(module: nn.Module) -> nn.Module:
    getattr(module, "activation_checkpointing_enable", module.gradient_checkpointing_enable)()  # its earlier name
    return module.train()


def flexible(module: nn.Module) -> nn.Module:
    module.set_attn_implementation("flex_attention")
    return module


CONDITIONS = [in_training, frozen, partly_frozen, with_gradients, with_hooks, checkpointed, flexible]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: one.__name__)
def test_whatever_its_condition_a_model_gives_the_same_maps_and_keeps_it(condition: Callable) -> None:
    module = condition(tiny.vit_module())
    model = tiny.as_model(module)
    before = state(module)
    found = shared_pass(model, tiny.images(2), ALL, 1).maps
    assert state(module) == before
    alike(found, shared_pass(tiny.load(tiny.vit_module), tiny.images(2), ALL, 1).maps)


@pytest.mark.parametrize("mishap", MISHAPS)
@pytest.mark.parametrize("condition", [in_training, with_hooks, checkpointed, flexible], ids=lambda one: one.__name__)
def test_whatever_happens_the_model_is_left_as_found(mishap: str, condition: Callable) -> None:
    module = condition(tiny.vit_module())
    model = tiny.as_model(module)
    error, methods, target = MISHAPS[mishap]
    pixel_values = tiny.images(2)[:, :2] if mishap == "channels" else tiny.images(2)
    before = state(module)
    with pytest.raises(error):
        shared_pass(model, pixel_values, methods, target)
    assert state(module) == before


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.1), (torch.float16, 0.02)])
@pytest.mark.parametrize("build", [tiny.vit_module, tiny.swin_module, tiny.resnet_module])
def test_half_precision_models_give_nearly_the_same_maps(build: Callable, dtype: torch.dtype, tolerance: float) -> None:
    """Attention as sharp as in the other tests would turn rounding into other winners."""
    methods = {
        tiny.vit_module: ALL[:-2],
        tiny.swin_module: [RawAttention(), GradCAM()],
        tiny.resnet_module: [GradCAM()],
    }
    size = tiny.SIZES.get(build, tiny.SIZE)
    images = tiny.images(2, size).to(dtype)  # the same numbers for both
    half, single = (tiny.as_model(softened(build()).to(to), size) for to in (dtype, torch.float32))
    found, expected = (shared_pass(model, images.float(), methods[build], 1).maps for model in (half, single))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert one.isfinite().all()
        assert ((one - other).abs().max() / other.abs().max()).item() < tolerance


def softened(module: nn.Module) -> nn.Module:
    return tiny.sharpened(module, 1 / 5)
