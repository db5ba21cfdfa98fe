"""Model and method as one module, pixel_values -> (probabilities, map), which torch.export can follow."""

from collections.abc import Callable, Sequence
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vitxplain.capture.weights import FusedWeights
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS
from vitxplain.types import PatchMap, PixelValues

INPUT = "pixel_values"
OUTPUTS = ("probabilities", "map")


class Explained(nn.Module):
    """One pass of `explain` as a forward; the hooks on attention run while the graph is traced and are gone then.

    Of the logits' probabilities and the map, both float32; images of a batch do not mix.
    """

    def __init__(self, model: VisionModel, explainer: Explainer) -> None:
        super().__init__()
        model.probe()  # kept by the model; within a trace it would become part of the graph
        self.module = model.module  # here for its parameters
        self.training = False
        self._model, self._explainer = model, explainer

    @property
    def source(self) -> str:
        """What the model is called."""
        return self._model.source

    def forward(self, pixel_values: PixelValues) -> tuple[Float[Tensor, "batch label"], PatchMap]:
        with _WrittenOut():
            return two_outputs(self._model, self._explainer, pixel_values)


def two_outputs(
    model: VisionModel, explainer: Explainer, pixel_values: PixelValues
) -> tuple[Float[Tensor, "batch label"], PatchMap]:
    """The probabilities and the one map of each image, from the pass that `explain` makes."""
    result = shared_pass(model, pixel_values, [explainer])
    return model.task.probabilities(result.outputs)[LOGITS], one_map(result.maps[0], explainer.axes)


def one_map(values: Tensor, axes: str) -> PatchMap:
    """One map an image, as the heat map shows it: the last layer, the mean over heads and any other axis."""
    names = axes.split()
    if "layer" in names:
        values = values.select(names.index("layer"), -1)
    return values.flatten(1, -3).mean(1) if values.dim() > 3 else values


class _WrittenOut(TorchFunctionMode):
    """While active, fused attention is three products.

    torch.onnx (2.13) takes the fused call apart itself, but its result then lies otherwise in memory than the trace
    expects, and models whose batch axis holds windows (Swin) fail on a `view`.
    """

    def __torch_function__(self, func: Callable, types: Sequence[type], args: tuple = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            return _attention(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,  # noqa: ARG001 - as the fused call takes them; models are in evaluation mode
    **settings: Any,
) -> Tensor:
    weights = FusedWeights(query, key, value, mask=attn_mask, **settings)
    return weights.full() @ weights.value
