"""A layer's activation for one method: the map, its gradient, and the linear head as it is in this very pass."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from vitxplain.capture.layer_tap import LayerActivation, LayerOutputs
from vitxplain.errors import CaptureError, OptionError, UnsupportedModelError
from vitxplain.explainers.base import LayerExplainer
from vitxplain.models.offers import GRADIENTS, LINEAR_HEAD, PATCH_FEATURES
from vitxplain.tasks.base import LOGITS, Target, TaskOutputs
from vitxplain.types import FeatureMap

if TYPE_CHECKING:
    from vitxplain.models.probing.probe import Probe
    from vitxplain.models.vision_model import VisionModel

_BESIDE = " + "  # between the names of layers in branches side by side
_ROUNDING = {torch.float32: 1e-3, torch.float64: 1e-6}  # of the sum of |weight x mean|; others are half precision
_HALF = 5e-2


def layers_of(explainer: LayerExplainer, probe: "Probe") -> tuple[str, ...]:
    """The layers a method takes: the one named, or those the probe found; one where it looks at the head's weights."""
    if explainer.layer is not None:
        return tuple(explainer.layer.split(_BESIDE))
    if PATCH_FEATURES in explainer.needs:
        return (probe.feature_layer or "",)
    beside = () if LINEAR_HEAD in explainer.needs else probe.cam_branches
    return (probe.cam_layer or "", *beside)


def name_of(layers: Sequence[str]) -> str:
    """One name for layers of branches side by side; a method takes it as its `layer`."""
    return _BESIDE.join(layers)


def with_names(module: nn.Module, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options whose modules are the names that these have in the model.

    Raises:
        OptionError: one is no module of the model.
    """
    modules = {key: value for key, value in options.items() if isinstance(value, nn.Module)}
    names = {id(part): name for name, part in module.named_modules()} if modules else {}
    for key, value in modules.items():
        if id(value) not in names:
            raise OptionError(
                f"{key} is a {type(value).__name__} that is no part of the model that is explained; give one of its "
                "modules, or the name of one."
            )
    return {**options, **{key: names[id(value)] for key, value in modules.items()}}


def joined(activations: Sequence[LayerActivation]) -> LayerActivation:
    """The layers of branches side by side as one with all their channels, on the finest of their grids.

    A cell that is cut into several shares its gradient among them.
    """
    first = activations[0]
    if len(activations) == 1:
        return first
    size = max((activation.values.shape[-2], activation.values.shape[-1]) for activation in activations)

    def cut(values: Tensor) -> Tensor:
        return values if values.shape[-2:] == size else interpolate(values, size, mode="nearest-exact")

    gradients = [
        cut(activation.gradient) * (activation.gradient[0, 0].numel() / prod(size))
        for activation in activations
        if activation.gradient is not None
    ]
    layer = name_of([activation.layer for activation in activations])
    values = torch.cat([cut(activation.values) for activation in activations], 1)
    return LayerActivation(layer, values, torch.cat(gradients, 1) if gradients else None, parts=tuple(activations))


def tensor_of(layer: str, explainer: LayerExplainer, outputs: LayerOutputs, probe: "Probe") -> Tensor | None:
    """What the method takes of the layer: what it returned, or what became of that before the head averages it.

    None where the layer did not run.
    """
    return (outputs.went_on if _head_reads_changed(layer, explainer, probe) else outputs).get(layer)


def layer_activation(
    model: "VisionModel",
    probe: "Probe",
    layer: str,
    explainer: LayerExplainer,
    tensor: Tensor | None,
    gradient: Tensor | None,
    target: Target,
    outputs: TaskOutputs,
) -> LayerActivation:
    """The tensor and its gradient as maps of the image, with the head's weights for a method that needs them.

    Raises:
        OptionError: the layer did not run, or its output is no map.
        CaptureError: the logits do not depend on what the layer returned.
        UnsupportedModelError: the logits of this pass are not what the head makes of the map's mean.
    """
    if tensor is None:
        raise OptionError(f"layer {layer!r} did not run in this pass, or returns no tensor; name a node that does.")
    values = tensor.detach()
    layout = probe.maps.layout(tuple(values.shape))
    if layout is None:
        raise OptionError(f"layer {layer!r} returns {tuple(values.shape)}, which is no map of the image.")
    if gradient is None and GRADIENTS in explainer.needs:
        raise CaptureError(
            f"the logits do not depend on what layer {layer!r} returned in this pass: the model computes them from "
            "something else; name another layer."
        )
    features = layout.to_map(values).float()
    weights = None
    if LINEAR_HEAD in explainer.needs and layer in probe.cam_names:
        weights = target.head_weights(_head(model, probe, layer, features, outputs[LOGITS]), outputs)
    of_places = None if gradient is None else layout.to_map(gradient).float()
    if PATCH_FEATURES not in explainer.needs:
        return LayerActivation(layer, features, of_places, weights)
    tokens = layout.to_tokens(values).float()
    grid = layout.grid(tokens.shape[1], probe.input_size, probe.grid)
    return LayerActivation(layer, features, tokens=tokens, grid=grid)


def _head_reads_changed(layer: str, explainer: LayerExplainer, probe: "Probe") -> bool:
    head = probe.head_weight
    return head is not None and head.changed and layer in probe.cam_names and LINEAR_HEAD in explainer.needs


def _head(
    model: "VisionModel", probe: "Probe", layer: str, features: FeatureMap, logits: Float[Tensor, "batch label"]
) -> Float[Tensor, "label channel"]:
    """The head's weights as they are now, which make these logits of these features."""
    where = probe.head_weight
    mean = features.flatten(2).mean(2)
    if where is None or where.name is None:
        weight, bias = torch.eye(mean.shape[1], device=mean.device), None
    else:
        head: Any = model.module.get_submodule(where.name)
        weight, bias = head.weight.detach().flatten(1).float(), head.bias
    if torch.compiler.is_compiling():  # an exported graph is compared with what is checked here
        return weight
    if weight.shape != (logits.shape[1], mean.shape[1]) or not _makes(logits, mean, weight, bias, model.dtype):
        raise UnsupportedModelError(
            f"cam does not fit {model.source}: in this pass the logits are not the mean of {layer!r} times the weights "
            f"of {where.name if where is not None and where.name else 'nothing'!r} plus its bias. The model computes "
            "them otherwise for this input, or was changed; load it again, or use grad-cam."
        )
    return weight


def _makes(logits: Tensor, mean: Tensor, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> bool:
    """Whether the logits are weight @ mean + bias, but for rounding."""
    expected = mean @ weight.T + (0 if bias is None else bias.detach().float())
    exact = logits.dtype == dtype and not torch.is_autocast_enabled(logits.device.type)
    share = _ROUNDING.get(dtype, _HALF) if exact else _HALF
    scale = (mean.abs() @ weight.abs().T).amax(1, keepdim=True)
    return bool(((logits.float() - expected).abs() <= share * scale.clamp_min(1e-30)).all())
