"""Affinity attention: gradient x attention relevance, shared among the patches of like content."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weights import mean_of
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.explainers.gradient_attention import positive_gradient_attention
from vitxplain.explainers.token_flow import gained_relevance, patches_among_themselves, start_reading
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTION_GRADIENTS, ATTENTIONS
from vitxplain.options.checks import check_index, check_share, check_views, layers_from
from vitxplain.types import PatchMap, TokenMatrix

TEMPERATURE = 0.5  # of the softmax over cosines: patches at a right angle get e^-2 of what alike ones get
BLOCK = 256  # tokens: smaller products are slower, larger ones leave fewer out

PatchVector = Float[Tensor, "batch patch"]
PatchMatrix = Float[Tensor, "batch patch patch2"]


@dataclass(frozen=True)
class AffinityAttention(AttentionExplainer):
    """Gradient x attention, shared among patches of like content (after Chefer et al. 2021, arXiv 2103.15679).

    Args:
        share: how much of the map is shared relevance, from 0 (gradient-attention's own) to 1.
        start_layer: first layer used.
        views: 2 for the mean with the map of the mirror image half a patch along; 1 for the image alone, at half the
            cost.

    Relevance (equations 5 and 6) marks the few patches where the evidence for the class is read. To the model the parts
    of one thing are alike, so each patch is given the mean relevance of all patches, weighted by the softmax of the
    cosine between their value vectors, over heads and layers. docs/research/auto.md tells why, and what lost.

    Never negative, below 1: the least of own and of shared relevance counts as 0, and each is a share of its greatest.
    """

    share: float = 0.9
    start_layer: int = 0
    views: int = 2

    needs: ClassVar[frozenset[str]] = frozenset({ATTENTIONS, ATTENTION_GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True
    kinds: ClassVar[frozenset[str]] = frozenset({"token", "pooling"})

    def __post_init__(self) -> None:
        check_share("share", self.share)
        check_index("start_layer", self.start_layer)
        check_views(self.views)

    @property
    def never_negative(self) -> bool:
        return True

    def keep(self, record: AttentionRecord) -> Float[Tensor, "batch query_and_key key"]:
        """The layer's relevance, and below it the cosine of any two of its tokens."""
        # Values in an unknown order say nothing; patches that are attended alike are alike, too.
        content = record.fuse_heads("mean").transpose(1, 2) if record.values is None else record.values
        directions = F.normalize(content, dim=-1)
        return torch.cat([positive_gradient_attention(record), among_themselves(directions)], 1)

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> PatchMap:
        parts = [layer.split([layer.shape[1] - layer.shape[2], layer.shape[2]], 1) for layer in kept]
        chosen = layers_from([relevance for relevance, _ in parts], self.start_layer)
        start, layers = start_reading(chosen, grid)
        # What patches gain. The even share that a mean over them starts with is none, and they would drown in its
        # rounding; what a pooling layer reads is.
        even = start if len(layers) == len(chosen) else torch.zeros_like(start)
        gained = start - even
        for relevance in reversed(layers):
            gained = gained + gained_relevance(even + gained, relevance, grid)
        own = gained[:, grid.patches]
        alike = mean_of((patches_among_themselves(cosine, grid) for _, cosine in parts), len(parts))
        mixed = (1 - self.share) * _scaled(own) + self.share * _scaled(shared(own, alike))
        return mixed.unflatten(-1, (grid.rows, grid.columns))


def among_themselves(vectors: Float[Tensor, "batch token channel"]) -> TokenMatrix:
    """The inner product of any two vectors, of each pair once: block by block, each with what comes after it."""
    products = vectors.new_empty(*vectors.shape[:2], vectors.shape[1])
    for start in range(0, vectors.shape[1], BLOCK):
        block = slice(start, start + BLOCK)
        products[:, start:, block] = vectors[:, start:] @ vectors[:, block].transpose(1, 2)
        products[:, block, start + BLOCK :] = products[:, start + BLOCK :, block].transpose(1, 2)
    return products


def shared(relevance: PatchVector, cosine: PatchMatrix) -> PatchVector:
    """Each patch's mean of all patches' relevance, weighted by how alike they are to it."""
    return ((cosine / TEMPERATURE).softmax(-1) @ relevance[..., None])[..., 0]


def _scaled(values: PatchVector) -> PatchVector:
    """From 0, as a share of each image's greatest value. Not up to 1: even relevance would be rounding blown up."""
    lowest, greatest = values.amin(-1, keepdim=True), values.amax(-1, keepdim=True)
    return ((values - lowest) / greatest).masked_fill(greatest == 0, 0.0)
