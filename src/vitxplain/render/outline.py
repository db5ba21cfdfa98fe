"""Where an object is known to be, as lines over its image."""

from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba

from vitxplain.data.sample import Box, ExactBox

MASK, BOX, EDGE = "#39ff88", "#ffd400", "#000000"
WIDTH: Final = 0.8  # points


def outline_mask(axes: Axes, mask: Bool[np.ndarray, "height width"], colour: str = MASK, width: float = WIDTH) -> None:
    """The borders of the mask, along the edges of its pixels; the axes show an image of the mask's size."""
    framed = np.pad(mask, 1)
    across = [
        ((start - 1.5, row - 0.5), (end - 1.5, row - 0.5)) for row, start, end in _runs(framed[1:] != framed[:-1])
    ]
    down = [
        ((column - 0.5, start - 1.5), (column - 0.5, end - 1.5))
        for column, start, end in _runs((framed[:, 1:] != framed[:, :-1]).T)
    ]
    _draw(axes, across + down, colour, width)


def _runs(edges: Bool[np.ndarray, "line place"]) -> list[tuple[int, int, int]]:
    """Of each run of edges along a line: which line, its first place, and the place after its last."""
    changes = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8))
    lines, starts = np.nonzero(changes > 0)
    ends = np.nonzero(changes < 0)[1]
    return list(zip(lines.tolist(), starts.tolist(), ends.tolist(), strict=True))


def outline_boxes(axes: Axes, boxes: tuple[Box, ...], scale: float = 1.0) -> None:
    """The boxes, on an image shown at this scale."""
    for box in boxes:
        outline_box(axes, box, scale)


def outline_box(
    axes: Axes,
    box: Box | ExactBox | tuple[float, float, float, float],
    scale: float = 1.0,
    colour: str = BOX,
    width: float = WIDTH,
) -> None:
    """A box (left, top, right, bottom), on an image shown at this scale; `width` is that of the line, in points."""
    left, top, right, bottom = (scale * side - 0.5 for side in box)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    _draw(axes, list(pairwise(corners)), colour, width)


def _draw(axes: Axes, lines: list, colour: str, width: float) -> None:
    """Light lines with a dark rim are seen on any ground; by an effect of paths each would be drawn by itself."""
    rim, count = to_rgba(EDGE, 0.6), len(lines)
    colours, widths = [rim] * count + [to_rgba(colour)] * count, [2.2 * width] * count + [width] * count
    drawn = LineCollection(lines * 2, colors=colours, linewidths=widths, capstyle="projecting")
    axes.add_collection(drawn, autolim=False)
