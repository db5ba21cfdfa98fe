"""Where a processor looks, measured: ramps go through it, and a straight line fitted to them comes out."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image

from vitxplain.geometry import Geometry
from vitxplain.types import PixelValues

MAX_SIDE = 1024  # longer images are measured on a smaller one of the same proportions
GOLDEN = 0.6180339887498949  # steps of the golden ratio spread evenly over [0, 1), however many there are

Positions = Float[np.ndarray, "height width"]


def measure(to_pixels: Callable[[Sequence[Image.Image]], PixelValues], image_size: tuple[int, int]) -> Geometry:
    """The box of an original (height, width) that the processor's output shows.

    Two ramps tell each output pixel its position; black and white undo the normalisation pixel by pixel,
    `(ramp - black) / (white - black)`, and show what is padding. Nothing is read from the processor's configuration.
    """
    factor = max(1.0, max(image_size) / MAX_SIDE)
    height, width = (max(1, round(side / factor)) for side in image_size)
    images = [_plain(height, width, 0), _plain(height, width, 255), _ramp(height, width), _ramp(width, height, True)]
    black, white, across, down = (to_pixels([image])[0].double().numpy() for image in images)
    input_size = black.shape[-2:]
    span = white - black
    seen = (np.abs(span) > 0.1 * np.abs(span).max()).all(0) & np.isfinite(span).all(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (np.where(seen, ((ramp - black) / span).mean(0), np.nan) for ramp in (across, down))
    left, right = _edges(x, width, image_size[1])
    top, bottom = _edges(y.T, height, image_size[0])
    return Geometry(image_size, (input_size[0], input_size[1]), (top, left, bottom, right))


def _plain(height: int, width: int, level: int) -> Image.Image:
    return Image.fromarray(np.full((height, width, 3), level, np.uint8))


def _ramp(height: int, width: int, transposed: bool = False) -> Image.Image:
    """Brightness is position: 0 at the left edge, 255 at the right one, dithered so that 8 bits do not limit it."""
    position = (np.arange(width) + 0.5) / width
    row, channel = np.arange(height)[:, None, None], np.arange(3)
    dither = (row * GOLDEN + (channel + 0.5) / 3) % 1
    levels = np.floor(255 * position[:, None] + dither).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(levels.swapaxes(0, 1) if transposed else levels))


def _edges(positions: Positions, pixels: int, original: int) -> tuple[float, float]:
    """Where the first and last edge of the output lie along one axis of the original, in its pixels.

    `positions` runs along the last axis, in shares of the image; NaN where the output is padding.
    """
    length = positions.shape[-1]
    # Near the image's own edge a resized ramp bends: the filter finds no pixels beyond. Two pixels in, it is straight.
    for margin in (2.0, 1.0, 0.5):
        inside = np.abs(positions - 0.5) <= 0.5 - margin / pixels
        columns = np.nonzero(inside)[1]
        if len(np.unique(columns)) >= 2:
            slope, start = np.polyfit(columns + 0.5, positions[inside], 1)
            first, last = original * start, original * (start + slope * length)
            return _snapped(first, 0, last - first, length), _snapped(last, original, last - first, length)
    if pixels > 4:
        warnings.warn(
            "where the processor looks could not be measured; the map is laid over the whole image", stacklevel=2
        )
    return 0.0, float(original)


def _snapped(edge: float, whole: float, extent: float, length: int) -> float:
    """The image's own edge where the measured one is as near as can be told."""
    tolerance = max(0.5, 0.1 * abs(extent) / length)
    return float(whole if abs(edge - whole) < tolerance else edge)
