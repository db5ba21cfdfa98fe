"""AttentionLayout: what one attention call of a model is, and how its axes become ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from jaxtyping import Int
from torch import Tensor

from vitxplain.grid import TokenGrid

Kind: TypeAlias = Literal["token", "window", "channel", "pooling", "branch", "cross", "unused", "other"]


@dataclass(frozen=True, eq=False)
class AttentionLayout:
    """One attention call, in the order the model makes them; found once by the probe.

    `kind`: token (every token asks every token), window (within windows of the grid, or one window of tokens that are
    not in the order of the image), pooling (one or few learned queries ask all tokens), channel (channels ask
    channels), branch (tokens of a second, parallel stream, or learned latents), cross (queries and keys are different
    tokens), unused (the logits do not depend on it) and other (a softmax that is no attention); these are never shown.

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

    @property
    def num_queries(self) -> int:
        return self.shape[-2]

    @property
    def num_keys(self) -> int:
        return self.shape[-1]

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
