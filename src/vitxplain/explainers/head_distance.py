"""Mean attention distance (Dosovitskiy et al. 2021, arXiv 2010.11929, figure 7 and appendix)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal, TypeAlias, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTIONS
from vitxplain.options.checks import check_choice, check_flag
from vitxplain.types import TokenMatrix

Statistic: TypeAlias = Literal["distance", "entropy"]


@dataclass(frozen=True)
class HeadDistance(AttentionExplainer):
    """How far each head looks, from patch to patch, in pixels (Dosovitskiy et al. 2021, arXiv 2010.11929).

    Args:
        statistic: "distance", in model-input pixels; or "entropy" of the attention over patches, in nats.
        renormalise: make each patch's attention over the patches sum to one after prefix and suffix tokens are dropped.

    One value an image, layer and head, averaged over the asking patches; the paper's figure averages images as well.
    `is_local` labels the heads.
    """

    statistic: Statistic = "distance"
    renormalise: bool = True

    needs: ClassVar[frozenset[str]] = frozenset({ATTENTIONS})
    axes: ClassVar[str] = "batch layer head"
    class_specific: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_choice("statistic", self.statistic, get_args(Statistic))
        check_flag("renormalise", self.renormalise)

    def keep(self, record: AttentionRecord) -> Float[Tensor, "batch head"]:
        """The layer's statistic, worked out head by head so that one head's weights exist at a time."""
        patches = record.grid.patches
        distances = patch_distances(record.grid)
        return torch.stack([self._measure(head[:, patches, patches], distances) for head in record.heads()], 1)

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> Float[Tensor, "batch layer head"]:
        return torch.stack(list(kept), 1)

    def _measure(self, attention: TokenMatrix, distances: Float[Tensor, "patch patch2"]) -> Float[Tensor, " batch"]:
        mass = attention.sum(-1) if self.renormalise else torch.ones_like(attention[..., 0])
        if self.statistic == "distance":
            of_patches = (attention * distances.to(attention.device)).sum(-1) / mass
        else:
            of_patches = attention_entropy(attention / mass[..., None])
        return of_patches.masked_fill(mass == 0, 0.0).mean(-1)


@lru_cache(maxsize=8)  # the same for every layer and head, and no small matrix at 1,024 patches
def patch_distances(grid: TokenGrid) -> Float[Tensor, "patch patch2"]:
    """Euclidean distance between the centres of any two patches, in model-input pixels."""
    rows, columns = torch.meshgrid(torch.arange(grid.rows), torch.arange(grid.columns), indexing="ij")
    height, width = grid.patch_size
    rows, columns = rows.flatten() * height, columns.flatten() * width
    return torch.hypot(*((axis[:, None] - axis[None, :]).float() for axis in (rows, columns)))


def attention_entropy(attention: Float[Tensor, "*leading query key"]) -> Float[Tensor, "*leading query"]:
    """Entropy of each query's attention in nats: 0 for one key, log(keys) for uniform attention."""
    return torch.special.entr(attention).sum(-1)


def is_local(
    distances: Float[Tensor, "*leading head"], grid: TokenGrid, share: float = 0.5
) -> Bool[Tensor, "*leading head"]:
    """Whether a head looks near ("local") or far ("global").

    Local means a distance, in pixels, below this share of what attending to all patches alike would give on the grid.
    """
    return distances < share * patch_distances(grid).mean().to(distances.device)
