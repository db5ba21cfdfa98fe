"""Probe: what a model is, found by watching it run once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor

from vitxplain.capture.layout import AttentionLayout
from vitxplain.grid import TokenGrid

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class Probe:
    """What one model is at one input size.

    `missing` says, for every word of `vitxplain.models.offers` that is not offered, why, as a clause that completes
    "METHOD does not fit: ...".
    """

    input_size: tuple[int, int]
    grid: TokenGrid | None
    layouts: tuple[AttentionLayout, ...]
    offers: frozenset[str]
    missing: Mapping[str, str]
    cam_layer: str | None = None
    head_weight: Tensor | None = field(default=None, repr=False)
    position_embeddings: Tensor | None = field(default=None, repr=False)  # (row, column, channel)
    isotropic: bool = False


def probe(model: "VisionModel", size: tuple[int, int]) -> Probe:
    """Watch the model on a batch of two noise images and say what it is."""
    raise NotImplementedError
