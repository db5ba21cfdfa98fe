"""Measures which box of an image a processor shows: ramps go through it, and straight lines are fitted to them."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from PIL import Image

from vitxplain.errors import UsageError
from vitxplain.geometry import Geometry
from vitxplain.types import PixelValues

MAX_SIDE = 1024  # longer images are measured on a smaller one of the same proportions,
MIN_SIDE = 64  # whose shorter side still has enough pixels to keep them
TILT = 0.1  # share of each ramp that runs the other way, so that 8 bits round differently in every row and column
OFF = 2.0  # pixels of the image that a column may be off the line of the others,
LEVEL = 1 / 128  # or two of the 256 levels of the ramps
PARTS = 16  # of an axis, in which straight pieces are looked for

Positions = Float[np.ndarray, "height width"]


def measure(to_pixels: Callable[[Sequence[Image.Image]], PixelValues], image_size: tuple[int, int]) -> Geometry:
    """The box of an original (height, width) that the processor's output shows.

    Two ramps tell each output pixel its position; black and white undo the normalisation pixel by pixel,
    `(ramp - black) / (white - black)`, and show what is padding. Padding that mirrors the image is told by its ramps,
    which run the other way. Nothing is read from the processor's configuration.

    Raises:
        UsageError: the processor turns or mirrors the image.
    """
    factor = max(1.0, min(max(image_size) / MAX_SIDE, min(image_size) / MIN_SIDE))
    height, width = (max(1, round(side / factor)) for side in image_size)
    y, x = (np.arange(height)[:, None] + 0.5) / height, (np.arange(width) + 0.5) / width
    levels = (0 * (x + y), 0 * (x + y) + 1, (1 - TILT) * x + TILT * y, (1 - TILT) * y + TILT * x)
    black, white, across, down = (to_pixels([_picture(level)])[0].double().numpy() for level in levels)
    input_size = black.shape[-2:]
    span = white - black
    shown = (np.abs(span) > 0.1 * np.abs(span).max((1, 2), keepdims=True)).all(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = (np.where(shown, ((ramp - black) / span).mean(0), np.nan) for ramp in (across, down))
    left, right = _edges(_untilted(u, v), width, image_size[1])
    top, bottom = _edges(_untilted(v, u).T, height, image_size[0])
    return Geometry(image_size, (input_size[0], input_size[1]), (top, left, bottom, right))


def _picture(levels: Positions) -> Image.Image:
    """A grey image of levels in [0, 1]."""
    return Image.fromarray(np.round(255 * levels).astype(np.uint8)).convert("RGB")


def _untilted(along: Positions, across: Positions) -> Positions:
    """The position along one axis, from the ramps of both."""
    return ((1 - TILT) * along - TILT * across) / (1 - 2 * TILT)


def _edges(positions: Positions, pixels: int, original: int) -> tuple[float, float]:
    """Where the first and last edge of the output lie along one axis of the original, in its pixels.

    `positions` runs along the last axis, in shares of the image; NaN where the output is padding.

    Raises:
        UsageError: they do not grow along the axis.
    """
    length = positions.shape[-1]
    if pixels == 1:  # no ramp in one pixel
        return 0.0, float(original)
    # Near the image's own edge a resized ramp bends: the filter finds no pixels beyond. Two pixels in, it is straight.
    for margin in (2.0, 1.0, 0.5):
        inside = np.abs(positions - 0.5) <= 0.5 - margin / pixels
        columns = np.nonzero(inside)[1]
        if columns.size and columns.min() < columns.max():
            straight = _on_one_line(columns, positions[inside] * pixels)
            slope, start = np.polyfit(columns[straight] + 0.5, positions[inside][straight], 1)
            first, last = original * start, original * (start + slope * length)
            if last - first < 1:
                raise UsageError(
                    "the processor turns or mirrors the image, and a map of what it makes cannot be laid on it; turn "
                    "the image as the model wants it before (image.rotate(270, expand=True)), or switch that off in "
                    "the processor."
                )
            return _snapped(first, 0, last - first, length), _snapped(last, original, last - first, length)
    if pixels > 4:
        warnings.warn(
            "where the processor looks could not be measured; the map is laid over the whole image", stacklevel=2
        )
    return 0.0, float(original)


def _on_one_line(columns: Int[np.ndarray, " place"], pixels: Float[np.ndarray, " place"]) -> Bool[np.ndarray, " place"]:
    """Which places lie on the straight line that most columns lie on: all, unless the padding mirrors the image.

    `pixels` are positions on the image. Where one line does not fit all columns, those of their parts are tried.
    """
    counts = np.bincount(columns)  # no np.unique: it would sort the places, of which there are as many as pixels
    numbers = np.nonzero(counts)[0]
    means = np.bincount(columns, pixels)[numbers] / counts[numbers]
    tolerance = max(OFF, LEVEL * float(np.ptp(means)))
    best = _near_line(numbers, means, np.ones(len(numbers), bool), tolerance)
    if not best.all():
        for part in np.array_split(np.arange(len(numbers)), PARTS):
            near = np.isin(np.arange(len(numbers)), part)
            for _ in range(2):  # a line of a part alone is off far from it
                near = _near_line(numbers, means, near, tolerance) if near.sum() > 1 else near
            best = max(best, near, key=np.count_nonzero)
    return best[np.cumsum(counts > 0) - 1][columns]


def _near_line(
    numbers: Int[np.ndarray, " column"],
    means: Float[np.ndarray, " column"],
    through: Bool[np.ndarray, " column"],
    tolerance: float,
) -> Bool[np.ndarray, " column"]:
    """Which columns are near the straight line through some of them."""
    slope, start = np.polyfit(numbers[through], means[through], 1)
    return np.abs(slope * numbers + start - means) < tolerance


def _snapped(edge: float, image_edge: float, extent: float, length: int) -> float:
    """The image's own edge where the measured one is as near as can be told."""
    tolerance = max(0.5, 0.1 * abs(extent) / length)
    return float(image_edge if abs(edge - image_edge) < tolerance else edge)
