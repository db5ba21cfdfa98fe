"""Attention rollout (Abnar & Zuidema 2020, arXiv 2005.00928)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, get_args

import torch
from torch import Tensor

from vitxplain.capture.record import AttentionRecord, Fusion
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.explainers.query import check_query
from vitxplain.explainers.token_flow import carry_rollout, start_at, start_reading, total_one
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTIONS
from vitxplain.options.checks import check_choice, check_index, check_share, layers_from
from vitxplain.types import PatchMap, TokenMatrix


@dataclass(frozen=True)
class AttentionRollout(AttentionExplainer):
    """How attention carries the patches to the logits, all layers multiplied (Abnar & Zuidema 2020, arXiv 2005.00928).

    Args:
        head_fusion: one matrix from the heads of a layer: mean, max or min.
        discard_ratio: this share of a layer's entries, the smallest of each image, is zeroed; 0 to 1, 1 excluded.
            Entries in prefix columns (class token, registers) count among them but are never zeroed.
        residual_weight: share of the residual connection in each layer, 0 to 1; the paper takes 0.5.
        start_layer: first layer used; published baselines skip layer 0.
        query: the final token that is followed back, a patch ("row,column" or row * columns + column), "class" for
            the class token, or "register:0"; None follows the tokens the logits are read from.

    Values are shares of the attention that reaches the logits; all tokens together make 1. Not about a class.
    """

    head_fusion: Fusion = "mean"
    discard_ratio: float = 0.0
    residual_weight: float = 0.5
    start_layer: int = 0
    query: int | str | None = None

    needs: ClassVar[frozenset[str]] = frozenset({ATTENTIONS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"token", "pooling"})

    def __post_init__(self) -> None:
        check_choice("head_fusion", self.head_fusion, get_args(Fusion))
        check_share("discard_ratio", self.discard_ratio, include_one=False)
        check_share("residual_weight", self.residual_weight)
        check_index("start_layer", self.start_layer)
        check_query(self.query)

    def __repr__(self) -> str:
        # Tables of earlier versions are matched by it, so a query is only there where one is given.
        names = [one.name for one in fields(self) if one.name != "query" or self.query is not None]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def keep(self, record: AttentionRecord) -> TokenMatrix:
        """The layer's heads fused and its smallest entries discarded."""
        fused = record.fuse_heads(self.head_fusion)
        return discard_smallest(fused, self.discard_ratio, record.grid) if self.discard_ratio else fused

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> PatchMap:
        """The readout row (or that of the query) of A_L ... A_1, residual added and rows normalised in each."""
        chosen = layers_from(kept, self.start_layer)
        row, layers = start_reading(chosen, grid) if self.query is None else start_at(self.query, chosen, grid)
        row = total_one(row)
        for attention in reversed(layers):
            row = carry_rollout(row, attention, grid, self.residual_weight)
        return grid.to_map(row)


def discard_smallest(attention: TokenMatrix, ratio: float, grid: TokenGrid) -> TokenMatrix:
    """The `ratio` smallest entries of each image's matrix zeroed, those in prefix columns excepted.

    Exactly `int(ratio * entries)` entries an image are chosen, whatever the other images of the batch hold.
    """
    flat = attention.flatten(1)
    smallest = flat.topk(int(ratio * flat.shape[1]), largest=False, sorted=False).indices
    discarded = torch.zeros_like(flat, dtype=torch.bool).scatter(1, smallest, True).view_as(attention)
    discarded[..., : grid.num_prefix_tokens] = False
    return attention.masked_fill(discarded, 0.0)
