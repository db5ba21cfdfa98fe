"""Sampling points: where deformable attention reads for an object (Zhu et al. 2021, arXiv 2010.04159, figure 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.base import DecoderExplainer, DecoderLayer
from vitxplain.models.offers import DECODER_QUERIES, SAMPLING_POINTS
from vitxplain.options.checks import check_index, pick


@dataclass(frozen=True)
class SamplingPoints(DecoderExplainer):
    """The points at which an object's query reads the image, with their weights (after Zhu et al. 2021).

    Args:
        layer: of the decoder, an index (negative ones count from the end); None takes every layer.
        head: an index; None takes every head.

    Each point is x, y, weight and level; then, where the layer is given one, the reference of the query that the points
    lie around: x, y, width and height (0 of a point). All are shares of the model's input, x and y from its left and
    upper edge; a point outside 0 to 1 reads nothing. The weights of a head sum to one. They are the query's, whatever
    the class.
    """

    layer: int | None = None
    head: int | None = None

    needs: ClassVar[frozenset[str]] = frozenset({DECODER_QUERIES, SAMPLING_POINTS})
    axes: ClassVar[str] = "batch layer head point quantity"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("layer", "head"):
            if getattr(self, name) is not None:
                check_index(name, getattr(self, name), negative=True)

    def wants(self, layout: AttentionLayout) -> bool:
        return layout.reads_image

    def keep(self, record: AttentionRecord) -> Float[Tensor, "batch head query point quantity"]:
        """The points of every query."""
        queries = range(record.layout.num_queries)
        points, weights = record.sampling(queries)
        counts = torch.tensor(record.points_of_levels, device=weights.device)
        levels = torch.arange(len(counts), device=weights.device).repeat_interleave(counts)
        quantities = [points, weights[..., None], levels.to(weights)[:, None].expand(*weights.shape, 1)]
        reference = record.references(queries)
        if reference is not None:
            quantities.append(reference[:, None, :, None].expand(*weights.shape, reference.shape[-1]))
        return torch.cat(quantities, -1)

    def combine(self, layers: Sequence[DecoderLayer], query: int) -> Float[Tensor, "batch layer head point quantity"]:
        kept = [one.kept[:, :, query] for one in layers]
        chosen = kept if self.layer is None else [pick("layer", kept, self.layer)]
        points = torch.stack([one for one in chosen if one.shape == chosen[-1].shape], 1)
        if self.head is None:
            return points
        number = pick("head", range(points.shape[2]), self.head)
        return points[:, :, number : number + 1]
