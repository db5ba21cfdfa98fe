"""One forward pass, and at most one backward, for any number of methods."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vitxplain.capture.activation import LayerActivation
from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layer_tap import layer_tap
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.patch_layout import patch_layout
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.undisturbed import ready, undisturbed
from vitxplain.capture.weights import ExplicitWeights, Weights
from vitxplain.errors import CaptureError, OptionError, UnsupportedModelError
from vitxplain.explainers.base import AttentionExplainer, Explainer, LayerExplainer
from vitxplain.models.offers import ATTENTION_GRADIENTS, GRADIENTS
from vitxplain.tasks.classification import ClassTarget, TargetLike, class_target
from vitxplain.types import Logits, PixelValues

if TYPE_CHECKING:
    from vitxplain.models.probe import Probe
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class PassResult:
    """The raw logits and one result a method, in the order asked."""

    logits: Logits
    maps: list[Tensor]


def shared_pass(
    model: "VisionModel", pixel_values: PixelValues, explainers: Sequence[Explainer], target: TargetLike = None
) -> PassResult:
    """Run every explainer on the batch: one forward pass, and one backward if any asks for a gradient.

    Methods that are neither attention nor layer methods run their own passes.

    Raises:
        UnsupportedModelError: the model lacks what a method needs.
        CaptureError: attention ran unseen, or otherwise than in the probe.
    """
    pixel_values = ready(pixel_values).to(model.device, model.dtype)
    probe = model.probe((pixel_values.shape[-2], pixel_values.shape[-1]))
    for explainer in explainers:
        for need in sorted(explainer.needs & probe.missing.keys()):
            raise UnsupportedModelError(f"{type(explainer).__name__} does not fit {model.source}: {probe.missing[need]}.")
    wanted = class_target(target, model.labels)
    collector = _Collector(probe.layouts, [e for e in explainers if isinstance(e, AttentionExplainer)])
    layers = {e: e.layer or probe.cam_layer or "" for e in explainers if isinstance(e, LayerExplainer)}
    differentiable = any(GRADIENTS in e.needs for e in layers)
    with undisturbed(model.module), ExitStack() as taps:
        seen = taps.enter_context(layer_tap(model.module, layers.values(), differentiable=differentiable))
        if collector.explainers:
            taps.enter_context(AttentionTap(model.module, collector))
        logits = model.logits(pixel_values)
        taps.close()
        collector.check_complete()
        gradients = _gradients(logits, wanted, collector, seen if differentiable else {})
        with torch.no_grad():
            collector.keep_with_gradients(gradients[: len(collector.differentiable)])
            maps = {e: e.combine(collector.kept[e], _grid(probe)) for e in collector.explainers}
            by_layer = dict(zip(seen, gradients[len(collector.differentiable) :], strict=False))
    classes = wanted.resolve(logits.detach())
    for explainer, layer in layers.items():
        maps[explainer] = explainer.attribute(_activation(layer, seen, by_layer, probe, classes))
    own = [maps[e] if e in maps else e.explain(model, pixel_values, wanted) for e in explainers]
    return PassResult(logits.detach().float(), [one.detach().float() for one in own])


def _grid(probe: "Probe"):  # noqa: ANN202
    from vitxplain.grid import TokenGrid

    return probe.grid or TokenGrid(1, 1)


def _gradients(
    logits: Logits, target: ClassTarget, collector: "_Collector", seen: dict[str, Tensor]
) -> tuple[Tensor, ...]:
    """Of the summed raw target logits (images do not mix), for every captured tensor, in one backward pass."""
    towards = [call.differentiable for call in collector.differentiable] + list(seen.values())
    if not towards:
        return ()
    return torch.autograd.grad(
        target.score(logits).sum(), [one for one in towards if one is not None], allow_unused=True, materialize_grads=True
    )


def _activation(
    layer: str, seen: dict[str, Tensor], gradients: dict[str, Tensor], probe: "Probe", classes: Tensor
) -> LayerActivation:
    if layer not in seen:
        raise OptionError(f"layer {layer!r} did not run in this pass, or returns no tensor; name a node that does.")
    values = seen[layer].detach()
    grids = [layout.grid for layout in probe.layouts if layout.kind == "token" and layout.grid is not None]
    layout = patch_layout(tuple(values.shape), probe.input_size, probe.maps, grids)
    if layout is None:
        raise OptionError(f"layer {layer!r} returns {tuple(values.shape)}, which is no map of the image.")
    gradient = gradients.get(layer)
    return LayerActivation(
        layer,
        layout.to_map(values).float(),
        None if gradient is None else layout.to_map(gradient).float(),
        probe.head_weight.float() if layer == probe.cam_layer and probe.head_weight is not None else None,
        classes,
    )


@dataclass(eq=False)
class _Collector:
    """Hands every layer's record, as it runs, to the methods that want its kind."""

    layouts: Sequence[AttentionLayout]
    explainers: Sequence[AttentionExplainer]
    index: int = 0
    kept: dict[AttentionExplainer, list[Tensor]] = field(init=False)
    differentiable: list[AttentionCall] = field(default_factory=list)
    _layouts_of: list[AttentionLayout] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.explainers = list(dict.fromkeys(self.explainers))  # equal methods are one
        self.kept = {explainer: [] for explainer in self.explainers}

    def _live(self) -> list[AttentionExplainer]:
        return [e for e in self.explainers if ATTENTION_GRADIENTS not in e.needs]

    def _late(self, layout: AttentionLayout) -> list[AttentionExplainer]:
        return [e for e in self.explainers if ATTENTION_GRADIENTS in e.needs and _wants(e, layout)]

    def before(self, call: AttentionCall) -> bool:
        if self.index >= len(self.layouts):
            raise CaptureError(f"{call.path or 'the model'} ran attention that did not run on the probe's image.")
        layout = self.layouts[self.index]
        if layout.path != call.path:
            raise CaptureError(f"attention ran in {call.path}, where the probe saw it run in {layout.path}.")
        self.index += 1
        if self._late(layout):
            self.differentiable.append(call)
            self._layouts_of.append(layout)
            return True
        self._keep(self._live(), layout, call.weights)
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:  # noqa: ARG002
        if call.differentiable is not None:  # all weights exist: nothing need be worked out twice
            weights = ExplicitWeights(call.differentiable.detach(), call.weights.value.detach())
            self._keep(self._live(), self._layouts_of[-1], weights)

    def check_complete(self) -> None:
        if self.explainers and self.index < len(self.layouts):
            raise CaptureError(
                f"only {self.index} of {len(self.layouts)} attention layers ran; missing from "
                f"{self.layouts[self.index].path or 'the model itself'} on."
            )

    def keep_with_gradients(self, gradients: Sequence[Tensor]) -> None:
        for call, layout, gradient in zip(self.differentiable, self._layouts_of, gradients, strict=True):
            assert call.differentiable is not None
            weights = ExplicitWeights(call.differentiable.detach(), call.weights.value.detach())
            self._keep(self._late(layout), layout, weights, gradient.float())

    def _keep(
        self,
        explainers: Sequence[AttentionExplainer],
        layout: AttentionLayout,
        weights: Weights,
        gradients: Tensor | None = None,
    ) -> None:
        with torch.no_grad():
            for explainer in explainers:
                if _wants(explainer, layout):
                    kept = self.kept[explainer]
                    kept.append(explainer.keep(AttentionRecord(len(kept), layout, weights, gradients)))


def _wants(explainer: AttentionExplainer, layout: AttentionLayout) -> bool:
    return layout.kind in explainer.kinds and layout.grid is not None
