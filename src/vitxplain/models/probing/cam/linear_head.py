"""The linear head that reads the average of a feature map, where there is one."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.models.probing.cam.cam_layer import last_output
from vitxplain.models.probing.observation import Observation


@dataclass(frozen=True)
class LinearHead:
    """Where the weight with `logit = weight @ mean(feature map) + bias` is, and which feature map that is of.

    Its values are read in the pass that uses them: weights change, and heads are replaced.
    """

    name: str | None  # of the linear layer or 1 x 1 convolution; None: one channel a class, only averaged
    changed: bool  # whether the map that is averaged is the layer's output after something was written into it


def linear_head(observation: Observation, layer: str | None, maps: ImageMaps) -> LinearHead | None:
    """The head that reads the average of the layer's output, or None."""
    output = last_output(observation, layer)
    layout = maps.layout(tuple(output.tensor.shape)) if output is not None else None
    if output is None or layout is None:
        return None
    head, logits = observation.head, observation.logits[0]
    with torch.no_grad():
        pooled = layout.to_map(output.tensor)[0].flatten(1).mean(1)
        if pooled.shape == logits.shape and _equal(pooled, logits):
            return LinearHead(None, output.changed)
        if head is None or head.input.numel() != pooled.numel() or head.module.weight.is_meta:
            return None
        return LinearHead(head.name, output.changed) if _equal(pooled, head.input.flatten()) else None


def _equal(tensor: Tensor, expected: Tensor) -> bool:
    tolerance = 1e-4 if expected.dtype == torch.float32 else 2e-2
    return bool((tensor - expected).abs().max() <= tolerance * expected.abs().max())
