"""Where tiles lie on an image, and cutting them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Shaped

from vitxplain.data.sample import Box, Mask
from vitxplain.errors import OptionError

Pad: TypeAlias = Literal["constant", "reflect", "edge"]


@dataclass(frozen=True)
class Tiling:
    """How images are cut.

    `size` is (height, width) in pixels. A tile without defect pixels is good; one with at least `min_defect_share` of
    them is a defect; what lies between says neither and is left out. With `centre_on_defects` there is also a tile
    round the middle of each defect. `pad` is for images smaller than a tile, which stand in its middle unscaled.
    """

    size: tuple[int, int]
    overlap: float = 0.25
    min_defect_share: float = 0.01
    centre_on_defects: bool = False
    pad: Pad | None = None

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise OptionError(f"a tile of {self.size[0]} x {self.size[1]} px has no pixels; give a size such as 64x64.")
        if not 0 <= self.overlap < 1:
            raise OptionError(f"overlap is {self.overlap:g}; it takes a share from 0 to below 1, such as 0.25.")
        if not 0 < self.min_defect_share <= 1:
            raise OptionError(f"min-defect-share is {self.min_defect_share:g}; it takes a share above 0 and up to 1.")


class Corner(NamedTuple):
    """A tile's top left corner in pixels of the image; negative where the tile is larger and padding precedes."""

    top: int
    left: int


def grid(image: tuple[int, int], tile: tuple[int, int], overlap: float) -> list[Corner]:
    """Tiles side by side, overlapping by at least this share, that cover every pixel; sizes are (height, width).

    The last row and column end with the image, so they overlap more. An image smaller than the tile stands in its
    middle.
    """
    rows, columns = (_starts(*sides, overlap) for sides in zip(image, tile, strict=True))
    return [Corner(top, left) for top in rows for left in columns]


def centred(image: tuple[int, int], tile: tuple[int, int], boxes: Sequence[Box]) -> list[Corner]:
    """A tile round the middle of each box, moved into the image where it would reach out of it."""
    corners = []
    for box in boxes:
        middles = (box.top + box.bottom) // 2, (box.left + box.right) // 2
        starts = [
            min(max(middle - side // 2, 0), most - side) if side <= most else _middle(most, side)
            for middle, side, most in zip(middles, tile, image, strict=True)
        ]
        corners.append(Corner(*starts))
    return list(dict.fromkeys(corners))


def cut(
    pixels: Shaped[np.ndarray, "height width *channels"], corner: Corner, tile: tuple[int, int], pad: Pad = "constant"
) -> Shaped[np.ndarray, "rows columns *channels"]:
    """The tile; outside the image it is black (and no object), the image mirrored, or its border continued."""
    sides = list(zip(corner, tile, pixels.shape[:2], strict=True))
    (top, bottom), (left, right) = ((max(start, 0), min(start + side, most)) for start, side, most in sides)
    missing = [(max(-start, 0), max(start + side - most, 0)) for start, side, most in sides]
    inside = pixels[top:bottom, left:right]
    return np.pad(inside, [*missing, *[(0, 0)] * (pixels.ndim - 2)], mode=pad)


def clip(boxes: Sequence[Box], corner: Corner, tile: tuple[int, int]) -> list[Box]:
    """What of the boxes lies in the tile, in pixels of the tile."""
    height, width = tile
    moved = (
        Box(
            max(box.left - corner.left, 0),
            max(box.top - corner.top, 0),
            min(box.right - corner.left, width),
            min(box.bottom - corner.top, height),
        )
        for box in boxes
    )
    return [box for box in moved if box.left < box.right and box.top < box.bottom]


def components(mask: Mask) -> list[Box]:
    """The box round each connected group of True pixels (corners touch too), from top to bottom.

    Runs of pixels in a row are joined with those they touch in the row above, so the time goes by runs, not by pixels.
    """
    framed = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    rows, starts = np.nonzero(np.diff(framed, axis=1) == 1)
    _, ends = np.nonzero(np.diff(framed, axis=1) == -1)
    first = np.searchsorted(rows, np.arange(len(mask) + 1))  # the first run of each row
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    for row in range(1, len(mask)):
        above, here = int(first[row - 1]), int(first[row])
        while above < first[row] and here < first[row + 1]:
            if starts[above] <= ends[here] and starts[here] <= ends[above]:  # ends are outside: corners touch too
                low, high = sorted((root(above), root(here)))
                parent[high] = low
            if ends[above] < ends[here]:
                above += 1
            else:
                here += 1
    groups: dict[int, list[int]] = {}
    for run in range(len(rows)):
        groups.setdefault(root(run), []).append(run)
    return [
        Box(int(starts[runs].min()), int(rows[runs[0]]), int(ends[runs].max()), int(rows[runs[-1]]) + 1)
        for runs in groups.values()
    ]


def _starts(length: int, side: int, overlap: float) -> list[int]:
    if length <= side:
        return [_middle(length, side)]
    step = max(1, int(side * (1 - overlap)))
    return [*range(0, length - side, step), length - side]


def _middle(length: int, side: int) -> int:
    return -((side - length) // 2)
