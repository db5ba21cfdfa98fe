"""Where an object is known to be, as lines over its image."""

from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import Normal, Stroke

from vitxplain.data.sample import Box, ExactBox

MASK, BOX, EDGE = "#39ff88", "#ffd400", "#000000"
WIDTH: Final = 0.8  # points


def outline_mask(axes: Axes, mask: Bool[np.ndarray, "height width"], colour: str = MASK, width: float = WIDTH) -> None:
    """The borders of the mask, along the edges of its pixels; the axes show an image of the mask's size."""
    framed = np.pad(mask, 1)
    rows, columns = np.nonzero(framed[1:] != framed[:-1])  # between a row and the next: a line from left to right
    across = [((x - 1.5, y - 0.5), (x - 0.5, y - 0.5)) for y, x in zip(rows, columns, strict=True)]
    rows, columns = np.nonzero(framed[:, 1:] != framed[:, :-1])
    down = [((x - 0.5, y - 1.5), (x - 0.5, y - 0.5)) for y, x in zip(rows, columns, strict=True)]
    _draw(axes, across + down, colour, width)


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
    """Light lines with a dark rim are seen on any ground."""
    rim = [Stroke(linewidth=2.2 * width, foreground=EDGE, alpha=0.6), Normal()]
    axes.add_collection(
        LineCollection(lines, colors=colour, linewidths=width, capstyle="projecting", path_effects=rim), autolim=False
    )
