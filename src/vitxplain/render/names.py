"""Names of things on an image, each where it covers no other."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from PIL import Image, ImageFilter

from vitxplain.geometry import Box
from vitxplain.render.colours import INK
from vitxplain.render.figure import write

LETTERS: Final = 7.0  # points
FRAME: Final = 2.0  # pixels around the letters
COARSE: Final = 64  # pixels a side, at which the middle of a region is looked for


class Spot(NamedTuple):
    """A place for a name, in pixels of the image, and which side of the letters stands there."""

    x: float
    y: float
    across: str = "center"
    down: str = "center"


class Names:
    """Names on one image, the most important first: what finds no free place becomes its number, or is left out."""

    def __init__(self, axes: Axes, points: float = LETTERS) -> None:
        self._axes, self._points = axes, points
        self._taken: list[Bbox] = []

    def add(self, name: str, colour: str, spots: Sequence[Spot], *, short: str = "") -> None:
        """Write it at the first of the spots where it lies on the image and on no other name; `short` if it cannot."""
        for text in filter(None, (name, short)):
            if any(self._fits(text, colour, spot) for spot in spots):
                return

    def _fits(self, text: str, colour: str, spot: Spot) -> bool:
        frame = {"facecolor": colour, "edgecolor": "none", "alpha": 0.85, "pad": 0.6}
        aligned: dict[str, Any] = {"ha": spot.across, "va": spot.down}
        written = write(
            self._axes, spot.x, spot.y, text, fontsize=self._points, color=INK, bbox=frame, clip_on=True, **aligned
        )
        extent = written.get_window_extent().padded(FRAME)
        image = self._axes.get_window_extent().padded(FRAME)
        inside = image.x0 <= extent.x0 and extent.x1 <= image.x1 and image.y0 <= extent.y0 and extent.y1 <= image.y1
        if not inside or any(extent.overlaps(taken) for taken in self._taken):
            written.remove()
            return False
        self._taken.append(extent)
        return True


def spots_of_box(box: Box) -> list[Spot]:
    """In its corners, the upper left first; then just outside of it."""
    left, top, right, bottom = box
    return [
        Spot(left, top, "left", "top"),
        Spot(left, top, "left", "bottom"),
        Spot(right, top, "right", "top"),
        Spot(right, top, "right", "bottom"),
        Spot(left, bottom, "left", "bottom"),
        Spot(left, bottom, "left", "top"),
        Spot(right, bottom, "right", "bottom"),
        Spot(right, bottom, "right", "top"),
    ]


def spots_of_region(region: Bool[np.ndarray, "height width"], count: int = 4) -> list[Spot]:
    """The places that lie deepest in a region, the deepest first: the middle of a disc, of a ring a place on it."""
    shrunk = Image.fromarray(region).convert("L")
    shrunk.thumbnail((COARSE, COARSE), Image.Resampling.BOX)
    coarse = np.asarray(shrunk) > 127
    if not coarse.any():  # a line thinner than a coarse pixel
        coarse = np.asarray(shrunk) > 0
    down, across = region.shape[0] / coarse.shape[0], region.shape[1] / coarse.shape[1]
    depth = _depths(coarse)
    spots = []
    for row, column in _peaks(depth, count):
        spots.append(Spot((column + 0.5) * across - 0.5, (row + 0.5) * down - 0.5))
    return spots


def _depths(region: Bool[np.ndarray, "height width"]) -> np.ndarray:
    """How many pixels each lies within a region, 0 outside."""
    left = Image.fromarray(np.pad(region, 1)).convert("L")
    depths = np.zeros(region.shape, int)
    while left.getbbox():
        depths += np.asarray(left)[1:-1, 1:-1] > 0
        left = left.filter(ImageFilter.MinFilter(3))
        border = Image.new("L", left.size)
        border.paste(left.crop((1, 1, left.width - 1, left.height - 1)), (1, 1))
        left = border
    return depths


def _peaks(depths: np.ndarray, count: int) -> Iterator[tuple[int, int]]:
    """The deepest pixels, the nearest to the middle of equals; each takes those around it out."""
    left = depths.astype(float)
    rows, columns = np.indices(depths.shape)
    weights = depths / depths.sum()
    middle = (rows * weights).sum(), (columns * weights).sum()
    away = np.hypot(rows - middle[0], columns - middle[1]) / (2 * sum(depths.shape))
    for _ in range(count):
        if not (left > 0).any():
            return
        row, column = np.unravel_index(np.argmax(np.where(left > 0, left - away, -1)), left.shape)
        yield int(row), int(column)
        left[np.hypot(rows - row, columns - column) <= max(depths.max(), 8)] = 0
