"""Gradient x activation, place by place (ODAM, Zhao & Chan 2023, arXiv 2304.06354; HiResCAM, arXiv 2011.08891)."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.base import LayerExplainer
from vitxplain.models.offers import FEATURE_MAP, GRADIENT_PRODUCTS, GRADIENTS
from vitxplain.options.checks import check_flag, check_name
from vitxplain.types import PatchMap


@dataclass(frozen=True)
class GradientActivation(LayerExplainer):
    """Gradient times activation, summed over channels at each place (ODAM, Zhao & Chan 2023, arXiv 2304.06354).

    Args:
        layer: the node whose output is explained; None takes the last one in patch layout that the logit depends on,
            and of a network that reads maps of several sizes the one with the highest place, for each image by itself.
        relu: drop negative values, as the paper does; by default they are kept.

    Unlike Grad-CAM it does not average the gradient over the map, so what one object is told by at its own place does
    not light up elsewhere.
    """

    layer: str | None = None
    relu: bool = False

    needs: ClassVar[frozenset[str]] = frozenset({FEATURE_MAP, GRADIENT_PRODUCTS, GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_name("layer", self.layer)
        check_flag("relu", self.relu)

    @property
    def never_negative(self) -> bool:
        return self.relu

    def attribute(self, activation: LayerActivation) -> PatchMap:
        """Equation 1 of ODAM with the pixelwise gradient as the weight; on the finest grid where there are several."""
        levels = _levels(activation.parts or (activation,))
        finest = max((level.shape[-2:] for level in levels), key=prod)
        peaks = torch.stack([level.flatten(1).amax(1) for level in levels])
        on_finest = torch.stack([_on_grid(level, (finest[0], finest[1])) for level in levels])
        result = on_finest[peaks.argmax(0), torch.arange(len(levels[0]), device=peaks.device)]
        return result.clamp_min(0) if self.relu else result


def _levels(parts: Iterable[LayerActivation]) -> list[PatchMap]:
    """One map of each size; layers of one size are channels of one map."""
    levels: dict[tuple[int, ...], Tensor] = {}
    for part in parts:
        if part.gradient is None:
            raise ValueError('no gradient in this pass: the method must name "gradients" in `needs`')
        product = (part.values * part.gradient).sum(1)
        size = tuple(product.shape[1:])
        levels[size] = levels[size] + product if size in levels else product
    return list(levels.values())


def _on_grid(level: PatchMap, size: tuple[int, int]) -> Float[Tensor, "batch finer_row finer_column"]:
    """A map on a finer grid, where a place shares what it has among the finer ones around its centre."""
    if tuple(level.shape[1:]) == size:
        return level
    finer = interpolate(level[:, None], size, mode="bilinear", align_corners=False)[:, 0]
    return finer * (level[0].numel() / prod(size))
