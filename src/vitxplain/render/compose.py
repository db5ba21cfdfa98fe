"""Photograph and heat map in one: the blends, and the mark on what the model did not see.

Photographs are red, green and blue in [0, 1]; a heat map is [0, 1], NaN where unseen, and leaves the pixel alone there.
"""

from typing import TypeAlias

import numpy as np
from jaxtyping import Float, UInt8
from PIL.Image import Image

from vitxplain.geometry import Geometry
from vitxplain.render.colours import HEAT, colours

Photo: TypeAlias = Float[np.ndarray, "height width 3"]
Heat: TypeAlias = Float[np.ndarray, "height width"]


def photo(image: Image) -> Photo:
    """The image as numbers."""
    return np.asarray(image.convert("RGB"), np.float32) / 255


def to_bytes(rgb: Photo) -> UInt8[np.ndarray, "height width 3"]:
    """Numbers in [0, 1] as 0 to 255."""
    return (rgb * 255).round().clip(0, 255).astype(np.uint8)


def greyed(rgb: Photo, share: float = 0.8) -> Photo:
    """The photograph with most of its colour gone, so that colour means heat."""
    grey = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    return (1 - share) * rgb + share * grey[..., None]


def blend(rgb: Photo, heat: Heat, alpha: float, colour_map: str = HEAT) -> Photo:
    """The heat map's colours over the greyed photograph; `alpha` 0 shows the photograph alone, 1 the colours alone."""
    finite = np.isfinite(heat)
    opacity = alpha if finite.all() else alpha * finite.astype(np.float32)[..., None]
    return greyed(rgb) * (1 - opacity) + colours(heat, colour_map) * opacity


def add(rgb: Photo, heat: Heat, strength: float, colour_map: str = HEAT) -> Photo:
    """The heat map's colours added as light; where the map is 0 the photograph stays as it is."""
    finite = np.isfinite(heat)[..., None]
    return (rgb + strength * finite * colours(heat, colour_map)).clip(0, 1)


def darken(rgb: Photo, heat: Heat, floor: float) -> Photo:
    """The photograph lit by the heat map: full brightness at 1, `floor` at 0."""
    light = floor + (1 - floor) * np.nan_to_num(heat, nan=1.0)
    return rgb * light[..., None]


def mark_unseen(rgb: Photo, geometry: Geometry) -> Photo:
    """What the model did not see: grey, pale and hatched, with a thin white outline around what it saw."""
    if not geometry.crops:
        return rgb
    top, left, bottom, right = geometry.visible
    height, width = rgb.shape[:2]
    line = max(1.0, max(height, width) / 300)
    edge = round(line)

    pale = 0.45 * greyed(rgb, 1.0) + 0.5
    down, across = np.ogrid[:height, :width]
    hatch = (down + across) % (8 * line) < 2 * line
    marked = np.where(hatch[..., None], pale - 0.14, pale)
    marked[max(top - edge, 0) : bottom + edge, max(left - edge, 0) : right + edge] = 1.0
    marked[top:bottom, left:right] = rgb[top:bottom, left:right]
    return marked
