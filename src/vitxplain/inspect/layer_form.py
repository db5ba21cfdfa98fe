"""Layer: one layer's attention as arrays; Side: which tokens ask in it, and which are asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any, Final

import numpy as np

from vitxplain.errors import UsageError

CLASS: Final = "class"
PATCHES: Final = "patches"


@dataclass(frozen=True)
class Side:
    """The tokens of one axis of attention: `prefix` by name, then those of the grid row by row, then any others.

    Args:
        count: how many there are.
        kind: what they are: "patches", "object queries", "text", "latents", "channels".
        prefix: the names of the tokens before the patches, such as ("class", "register 1").
        grid: (rows, columns) of those that are places of the image; None where they are none.
        names: of all tokens, such as words.
    """

    count: int
    kind: str = PATCHES
    prefix: tuple[str, ...] = ()
    grid: tuple[int, int] | None = None
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        named = len(self.names) if self.names is not None else self.count
        if self.num_patches + len(self.prefix) > self.count or named != self.count:
            raise UsageError(
                f"{self.count} tokens cannot be {len(self.prefix)} before the patches and a grid of {self.grid}"
                f"{f', nor have {named} names' if named != self.count else ''}; give grid=(rows, columns) of the "
                "patches and a name for each token before them."
            )

    @property
    def num_patches(self) -> int:
        return self.grid[0] * self.grid[1] if self.grid is not None else 0

    @property
    def patches(self) -> slice:
        """The tokens that are places of the image; all of them where none is known to be one."""
        if self.grid is None:
            return slice(0, self.count)
        return slice(len(self.prefix), len(self.prefix) + self.num_patches)

    @property
    def class_token(self) -> int | None:
        return self.prefix.index(CLASS) if CLASS in self.prefix else None

    def to_facts(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "count": self.count,
            "prefix": list(self.prefix),
            "grid": list(self.grid) if self.grid is not None else None,
            "names": list(self.names) if self.names is not None else None,
        }


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer's attention as the user has it, with what is known of its tokens; what is left out is found.

    Args:
        attention: (head, query, key), after the softmax: numbers from 0, rows that sum to one or less.
        title: what it is called, such as "layer 1".
        path: of the module it is from.
        keys: the tokens that are asked.
        queries: the tokens that ask; the same as `keys` where there are as many.
        kind: "token", "cross", "pooled", "text", ...
        note: one sentence that is shown beside it.
    """

    attention: Any = field(repr=False)
    title: str = ""
    path: str = ""
    keys: Side | None = None
    queries: Side | None = None
    kind: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class LayerForm:
    """What one recorded layer is, without its numbers.

    `windows` says, of window attention, which place of the grid each key of each window is, (window, key), -1 for
    padding; queries then stand window by window.
    """

    number: int
    heads: int
    queries: Side
    keys: Side
    title: str = ""
    path: str = ""
    kind: str = "token"
    note: str = ""
    windows: np.ndarray | None = field(default=None, repr=False)

    @property
    def reads_class(self) -> bool:
        """Whether a class token asks, so that the row shown first is its own, and not the mean of all."""
        return self.queries.class_token is not None

    @property
    def tensor(self) -> str:
        """The end of the names of its tensors."""
        return f"{self.number:02d}"


def side_of(count: int, grid: Sequence[int] | None, prefix: Sequence[str] | None, where: str) -> Side:
    """The tokens of a sequence of patches: found by their number where nothing is said.

    Raises:
        UsageError: their number says nothing, or the grid does not fit.
    """
    if grid is not None:
        rows, columns = _grid(grid)
        before = count - rows * columns
        if before < 0 or (prefix is not None and before < len(prefix)):
            raise UsageError(
                f"{where} has {count} tokens, which a grid of {rows} x {columns} patches"
                f"{f' behind {len(prefix)} others' if prefix else ''} does not fit; give grid=(rows, columns) of the "
                "patches, as many as there are tokens but for the class token and registers."
            )
        return Side(count, PATCHES, _prefix(before) if prefix is None else tuple(prefix), (rows, columns))
    before = 0 if prefix is None and isqrt(count) ** 2 == count else 1 if prefix is None else len(prefix)
    side = isqrt(max(count - before, 0))
    if side < 1 or side * side != count - before:
        raise UsageError(
            f"{where} has {count} tokens, and how they lie on the image is not known; give grid=(rows, columns) of the "
            "patches, and prefix= with the names of the tokens before them, such as prefix=('class',)."
        )
    return Side(count, PATCHES, _prefix(before) if prefix is None else tuple(prefix), (side, side))


def _prefix(count: int) -> tuple[str, ...]:
    return (CLASS, *(f"register {number}" for number in range(1, count)))[:count]


def _grid(grid: Sequence[int]) -> tuple[int, int]:
    sides = tuple(grid) if isinstance(grid, Sequence | np.ndarray) else ()
    if len(sides) != 2 or not all(isinstance(side, int | np.integer) and side > 0 for side in sides):
        raise UsageError(f"grid={grid!r} is no grid of patches; give (rows, columns).")
    return int(sides[0]), int(sides[1])
