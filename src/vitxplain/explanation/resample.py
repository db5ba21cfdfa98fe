"""From cells to pixels: where on the original image each value of a map belongs."""

import numpy as np
from jaxtyping import Float, Int

from vitxplain.geometry import Geometry

EDGE = 0.05  # of a cell: one that lies on the image by less lies on padding


def interpolation(pixels: int, low: float, high: float, cells: int) -> Float[np.ndarray, "pixel cell"]:
    """How much each of `cells`, tiling [low, high] evenly, counts at the centre of each of `pixels`; rows sum to one.

    Bilinear: a cell counts fully at its own centre and not at all at its neighbours'. Beyond the outermost centres the
    outermost cell holds. Where the cells are finer than the pixels the weights widen, so that no cell is skipped.
    """
    centres = ((np.arange(pixels) + 0.5 - low) * cells / (high - low) - 0.5).clip(0, cells - 1)
    reach = max(1.0, cells / (high - low))
    weights = np.maximum(0.0, 1.0 - np.abs(centres[:, None] - np.arange(cells)) / reach)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def without_padding(
    values: Float[np.ndarray, "row column"], geometry: Geometry
) -> tuple[Float[np.ndarray, "_ _"], Geometry]:
    """The cells that lie on the image, at least in part, and where they lie: what is on padding alone is left out."""
    (top, left, bottom, right), (rows, columns) = geometry.box, values.shape
    down, across = (bottom - top) / rows, (right - left) / columns
    first_row, last_row = _on_image(top, down, rows, geometry.image_size[0])
    first_column, last_column = _on_image(left, across, columns, geometry.image_size[1])
    box = (top + first_row * down, left + first_column * across, top + last_row * down, left + last_column * across)
    kept = values[first_row:last_row, first_column:last_column]
    size = (round(geometry.input_size[0] * len(kept) / rows), round(geometry.input_size[1] * kept.shape[1] / columns))
    return kept, Geometry(geometry.image_size, size, box)


def _on_image(start: float, cell: float, cells: int, pixels: int) -> tuple[int, int]:
    """First and last of the cells along one axis that lie on its pixels by more than what measuring may be off."""
    starts = start + np.arange(cells) * cell
    inside = np.nonzero((starts + (1 - EDGE) * cell > 0) & (starts + EDGE * cell < pixels))[0]
    return (int(inside[0]), int(inside[-1]) + 1) if inside.size else (0, cells)


def place(values: Float[np.ndarray, "row column"], geometry: Geometry) -> Float[np.ndarray, "height width"]:
    """A map whose cells tile the model input, at the original image's pixels; NaN where the model did not look.

    Values that are not finite stay gaps of their own cell and do not spread, and those on padding do not spread either.
    """
    values, geometry = without_padding(values, geometry)
    height, width = geometry.image_size
    top, left, bottom, right = geometry.box
    down = interpolation(height, top, bottom, values.shape[0])
    across = interpolation(width, left, right, values.shape[1])
    visible = _visible(geometry)
    down, across = down[visible[0]], across[visible[1]]

    finite = np.isfinite(values)
    pixels = down @ np.where(finite, values, 0.0).astype(np.float32) @ across.T
    if not finite.all():
        share = down @ finite.astype(np.float32) @ across.T  # of what a pixel is made of
        pixels = np.where(share > 0.5, pixels / share.clip(0.5), np.nan)
    placed = np.full((height, width), np.nan, np.float32)
    placed[visible] = pixels
    return placed


def nearest(values: Float[np.ndarray, "row column"], geometry: Geometry) -> Float[np.ndarray, "height width"]:
    """The same with sharp cells: each pixel has the value of the cell its centre lies in."""
    height, width = geometry.image_size
    top, left, bottom, right = geometry.box
    down = _cells(height, top, bottom, values.shape[0])
    across = _cells(width, left, right, values.shape[1])
    visible = _visible(geometry)
    placed = np.full((height, width), np.nan, np.float32)
    placed[visible] = values[down[visible[0]]][:, across[visible[1]]]
    return placed


def _cells(pixels: int, low: float, high: float, cells: int) -> Int[np.ndarray, " pixel"]:
    return ((np.arange(pixels) + 0.5 - low) * cells / (high - low)).astype(int).clip(0, cells - 1)


def _visible(geometry: Geometry) -> tuple[slice, slice]:
    top, left, bottom, right = geometry.visible
    return slice(top, bottom), slice(left, right)
