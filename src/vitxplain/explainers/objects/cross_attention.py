"""Cross-attention: where the query of an object reads the image (Carion et al. 2020, arXiv 2005.12872, figure 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Final, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout, Patches, spread
from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.base import DecoderExplainer, DecoderLayer
from vitxplain.models.offers import DECODER_QUERIES
from vitxplain.options.checks import check_index, pick
from vitxplain.types import PatchMap, TokenMatrix

_EVEN: Final = 0.01  # share of an even map


@dataclass(frozen=True)
class CrossAttention(DecoderExplainer):
    """What a detector's or segmenter's query attends to on the image, as probabilities (after Carion et al. 2020).

    Args:
        layer: of the decoder: "product", where all of them read (their geometric mean); "mean"; or one, an index
            (negative ones count from the end).

    The mean over heads. Of deformable attention it is the exact matrix, and no picture of its sampling points. Values
    of one layer, or of the mean, are not scaled: what they lack to a sum of one was read outside the image, where there
    is nothing. It is the query's map, whatever the class.
    """

    layer: int | Literal["mean", "product"] = "product"

    needs: ClassVar[frozenset[str]] = frozenset({DECODER_QUERIES})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.layer not in ("mean", "product"):
            check_index("layer", self.layer, negative=True)

    def wants(self, layout: AttentionLayout) -> bool:
        return layout.reads_image

    def keep(self, record: AttentionRecord) -> TokenMatrix:
        """What each query attends to of each place."""
        return record.fuse_heads("mean")

    def combine(self, layers: Sequence[DecoderLayer], query: int) -> PatchMap:
        chosen = [pick("layer", layers, self.layer)] if isinstance(self.layer, int) else layers
        maps = [places(one.layout).to_map(one.kept[:, query]) for one in chosen]
        finest = max((one.shape[-2:] for one in maps), key=prod)
        stacked = torch.stack([spread(one, (finest[0], finest[1])) for one in maps])
        return geometric_mean(stacked) if self.layer == "product" else stacked.mean(0)


def geometric_mean(maps: Float[Tensor, "layer batch row column"]) -> PatchMap:
    """Of maps that each have a little of an even one added, so that a zero in one of them decides nothing alone."""
    floor = _EVEN / maps[0, 0].numel()
    return ((maps + floor).log().mean(0).exp() - floor).clamp_min(0)


def places(layout: AttentionLayout) -> Patches:
    """The places that queries ask."""
    if not isinstance(layout.key_tokens, Patches):
        raise TypeError(f"{layout.describe()} asks no places of the image")
    return layout.key_tokens
