"""AttentionLayout: what one attention call of a model is, and how its axes become ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vitxplain.grid import TokenGrid

Kind: TypeAlias = Literal["token", "window", "levels", "channel", "pooling", "branch", "cross", "unused", "other"]


@dataclass(frozen=True)
class Patches:
    """Tokens that are places of the image, level after level (coarser and finer maps of the same image), row by row.

    Each level covers the whole image. Tokens that are no places (class token, registers, detection tokens) stand in
    front of them or behind them.
    """

    levels: tuple[tuple[int, int], ...]  # (rows, columns) of each
    num_prefix_tokens: int = 0
    num_suffix_tokens: int = 0

    @property
    def num_tokens(self) -> int:
        return self.num_prefix_tokens + sum(map(prod, self.levels)) + self.num_suffix_tokens

    def level_maps(self, tokens: Float[Tensor, "*leading token"]) -> list[Float[Tensor, "*leading row column"]]:
        """Values per token (last axis) as one map a level; tokens that are no places are dropped."""
        sizes = [self.num_prefix_tokens, *map(prod, self.levels), self.num_suffix_tokens]
        parts = tokens.split(sizes, -1)[1:-1]
        return [part.unflatten(-1, size) for part, size in zip(parts, self.levels, strict=True)]

    def to_map(self, tokens: Float[Tensor, "*leading token"]) -> Float[Tensor, "*leading row column"]:
        """Values per token (last axis) as one map, as fine as the finest level; sums are kept.

        What a place of a coarser level has is spread evenly over its part of the image.
        """
        finest = max(self.levels, key=prod)
        return torch.stack([spread(level, finest) for level in self.level_maps(tokens)]).sum(0)


@dataclass(frozen=True)
class Queries:
    """Learned tokens that ask the image, each for a part of the output of its own: what a detector's objects are."""

    num_tokens: int


@dataclass(frozen=True)
class Text:
    """Tokens looked up by number: words."""

    num_tokens: int


@dataclass(frozen=True)
class Latents:
    """Learned tokens that ask the image and are asked themselves afterwards (Perceiver)."""

    num_tokens: int


Tokens: TypeAlias = Patches | Queries | Text | Latents


@dataclass(frozen=True, eq=False)
class AttentionLayout:
    """One attention call, in the order the model makes them; found once by the probe.

    `kind`: token (every token asks every token), window (within windows of the grid, or one window of tokens that are
    not in the order of the image), levels (places of several maps of the image ask those of all), pooling (one or few
    learned queries ask all tokens), channel (channels ask channels), branch (tokens of a second, parallel stream, or
    such as are no places: latents, object queries, words), cross (queries and keys are different tokens), unused (the
    logits do not depend on it) and other (a softmax that is no attention); these are never shown.

    `query_tokens` and `key_tokens` say which tokens ask and which are asked, where that was found.

    `axes` names the raw weight axes in order, folded ones joined by a star: `"batch*window head query key"`.
    """

    path: str  # dotted name of the module the call ran in
    kind: Kind
    axes: str
    shape: tuple[int, ...]  # raw weights for a batch of one
    heads: int
    num_windows: int = 1
    grid: TokenGrid | None = None  # the tokens that are keys
    # window attention: the grid position (row * columns + column) each key of each window comes from, -1 for padding
    placement: Int[Tensor, "window key"] | None = None
    query_tokens: Tokens | None = None
    key_tokens: Tokens | None = None

    @property
    def num_queries(self) -> int:
        return self.shape[-2]

    @property
    def num_keys(self) -> int:
        return self.shape[-1]

    @property
    def has_places(self) -> bool:
        """Whether it is known where on the image the keys lie."""
        return self.grid is not None or isinstance(self.key_tokens, Patches)

    @property
    def reads_image(self) -> bool:
        """Whether learned queries ask places of the image here: the cross-attention of a decoder."""
        asks = isinstance(self.query_tokens, Queries) and isinstance(self.key_tokens, Patches)
        return self.kind == "cross" and asks

    @property
    def asking(self) -> TokenGrid | None:
        """The tokens that are queries: the keys' own, or patches so many times finer or coarser; None if no patches.

        Finer where keys are pooled (PVT), coarser where queries are (LeViT); prefix tokens may ask as well.
        """
        grid, queries = self.grid, self.num_queries
        if grid is None or queries == self.num_keys:
            return grid
        if self.kind == "window":
            return None
        for times in range(2, 65):
            finer = (grid.rows * times, grid.columns * times)
            coarser = (-(-grid.rows // times), -(-grid.columns // times))
            for rows, columns in (finer, coarser, (grid.rows // times, grid.columns // times)):
                if rows * columns in (queries, queries - grid.num_prefix_tokens) and min(rows, columns) > 1:
                    pitch = (grid.patch_size[0] * grid.rows / rows, grid.patch_size[1] * grid.columns / columns)
                    return TokenGrid(rows, columns, queries - rows * columns, 0, pitch)
        return None

    def describe(self) -> str:
        """One line for messages and tables."""
        return f"{self.path or 'the model itself'}: {self.kind} attention, {self.num_queries} x {self.num_keys}"


def sequence_grids(layouts: Iterable[AttentionLayout]) -> list[TokenGrid]:
    """The grids of all sequences of tokens that ask or are asked in token attention, each once."""
    grids = [grid for layout in layouts if layout.kind == "token" for grid in (layout.grid, layout.asking)]
    return list(dict.fromkeys(grid for grid in grids if grid is not None))


def spread(
    coarse: Float[Tensor, "*leading row column"], size: tuple[int, int]
) -> Float[Tensor, "*leading finer_row finer_column"]:
    """A map on a grid of this many (rows, columns): what a place has is spread evenly over its part of the image."""
    rows, columns = size
    down, across = _overlaps(rows, coarse.shape[-2]), _overlaps(columns, coarse.shape[-1])
    return down.to(coarse) @ coarse @ across.to(coarse).mT


def _overlaps(fine: int, coarse: int) -> Float[Tensor, "fine coarse"]:
    """How much of each of so many equal parts of a length lies in each of as many other ones; columns sum to one."""
    starts, others = torch.arange(fine)[:, None] / fine, torch.arange(coarse) / coarse
    ends = torch.minimum(starts + 1 / fine, others + 1 / coarse)
    return (ends - torch.maximum(starts, others)).clamp_min(0) * coarse
