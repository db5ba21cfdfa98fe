"""Raw attention: rows of the weights as they are (Caron et al. 2021, arXiv 2104.14294, for maps and mass threshold)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.explainers.query import (
    CLASS,
    check_query,
    is_beside_patches,
    no_such_token,
    patch_index,
    token_beside_patches,
)
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTION_MAPS
from vitxplain.options.checks import check_index, check_share, pick


@dataclass(frozen=True)
class RawAttention(AttentionExplainer):
    """What one query attends to, per layer and head, as probabilities (after Caron et al. 2021, arXiv 2104.14294).

    Args:
        layer: an index (negative ones count from the end); None takes every layer that shares grid and number of heads
            with the last one the query asks in.
        head: an index; "mean" averages the heads; None or "all" shows all.
        query: the asking patch, "row,column" or row * columns + column, "class" for the class token, or "register:0";
            None asks the tokens the logits are read from.
        mass: per head, only the fewest patches that hold this share of the attention on patches; the others are 0.

    Values are not scaled: what they lack to a sum of one went to prefix and suffix tokens. Not about a class.
    """

    layer: int | None = None
    head: int | Literal["mean", "all"] | None = None
    query: int | str | None = None
    mass: float | None = None

    needs: ClassVar[frozenset[str]] = frozenset({ATTENTION_MAPS})
    axes: ClassVar[str] = "batch layer head row column"
    class_specific: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"token", "window", "pooling"})

    def __post_init__(self) -> None:
        if self.layer is not None:
            check_index("layer", self.layer, negative=True)
        if self.head not in (None, "mean", "all"):
            check_index("head", self.head, negative=True)
        check_query(self.query)
        if self.mass is not None:
            check_share("mass", self.mass, include_zero=False)

    def keep(self, record: AttentionRecord) -> Tensor:
        """The query's row on the grid, (batch, head, row, column); empty where no such token asks."""
        if self.query is not None and is_beside_patches(self.query):
            token = token_beside_patches(self.query, record.grid)
            rows = record.class_rows() if self.query == CLASS else None if token is None else record.token_rows(token)
            return torch.empty(0) if rows is None else rows
        query = _patch_index(self.query, record)
        return torch.empty(0) if query == -1 else record.patch_rows(query)

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> Float[Tensor, "batch layer head row column"]:
        layers = kept if self.layer is None else [pick("layer", kept, self.layer)]
        asking = [rows for rows in layers if rows.numel()]
        if not asking:
            raise no_such_token(self.query, grid)
        maps = torch.stack([rows for rows in asking if rows.shape[1:] == asking[-1].shape[1:]], 1)
        if self.head == "mean":
            maps = maps.mean(2, keepdim=True)
        elif not isinstance(self.head, (str, type(None))):
            pick("head", range(maps.shape[2]), self.head)
            maps = maps[:, :, [self.head]]
        return maps if self.mass is None else heaviest(maps, self.mass)


def heaviest(maps: Float[Tensor, "*leading row column"], mass: float) -> Float[Tensor, "*leading row column"]:
    """Each map's fewest patches that hold at least `mass` of its total, as they are; the others 0."""
    flat = maps.flatten(-2)
    values, order = flat.sort(stable=True, dim=-1, descending=True)
    before = values.cumsum(-1) - values  # the mass of all heavier patches
    wanted = before < mass * values.sum(-1, keepdim=True)
    return torch.zeros_like(flat).scatter(-1, order, values * wanted).view_as(maps)


def _patch_index(query: int | str | None, record: AttentionRecord) -> int | None:
    """The patch as row * columns + column; -1 where no such patch asks."""
    if query is None:
        return None
    index = patch_index(query, *record.asking_grid)
    return index if record.layout.kind != "pooling" else -1
