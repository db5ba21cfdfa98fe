"""Whether gradient times activation says anything at a layer: before a normalisation it is zero at every place."""

from typing import Final

import torch
from torch import Tensor

from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.models.probing.observation import Observation

_ROUNDING: Final = 1e-4  # a sum over channels under this share of its terms' sizes; mostly a tenth


def products_cancel(observation: Observation, score: Tensor, layer: str, maps: ImageMaps) -> bool:
    """Whether the sum over channels is nothing but rounding, everywhere in the layer's output.

    What follows may not change when all channels of a place grow alike, as after a layer normalisation. Then that sum
    is zero (Euler's theorem for functions that are homogeneous of degree 0).
    """
    output = next((output for output in reversed(observation.outputs) if layer in output.returned_by), None)
    layout = None if output is None else maps.layout(tuple(output.tensor.shape))
    if output is None or output.edge is None or output.changed or layout is None or not score.requires_grad:
        return False
    (gradient,) = torch.autograd.grad(score, [output.edge], retain_graph=True, allow_unused=True)
    if gradient is None or gradient.shape != output.tensor.shape:
        return False
    products = (layout.to_map(gradient) * layout.to_map(output.tensor.detach())).float()
    terms = products.abs().sum(1).amax()
    return bool(terms > 0 and products.sum(1).abs().amax() <= _ROUNDING * terms)
