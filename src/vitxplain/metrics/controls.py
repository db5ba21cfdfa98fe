"""Maps that know nothing of the model: what an explanation must beat before it is worth a look."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from PIL import Image

Map = Float[np.ndarray, "height width"]


def noise(image: Image.Image, seed: int = 0) -> Map:
    """Every pixel by chance."""
    return np.random.default_rng(seed).random((image.height, image.width))


def centre(image: Image.Image) -> Map:
    """A Gaussian in the middle, its standard deviation a quarter of each side."""
    rows = (np.arange(image.height)[:, None] + 0.5) / image.height - 0.5
    columns = (np.arange(image.width)[None, :] + 0.5) / image.width - 0.5
    return np.exp(-8 * (rows * rows + columns * columns))


def edges(image: Image.Image) -> Map:
    """The steepness of each pixel: central differences, over the colours by their length."""
    pixels = np.asarray(image.convert("RGB"), np.float64)
    steps = [np.gradient(pixels, axis=axis) for axis in (0, 1)]
    return np.sqrt(sum((step * step).sum(-1) for step in steps))


def smoothed_edges(image: Image.Image) -> Map:
    """The same, blurred over a fourteenth of the shorter side, which is how fine the maps of most models are."""
    return _blurred(edges(image), max(1, round(min(image.size) / 14)))


def _blurred(values: Map, reach: int) -> Map:
    """Three box blurs, near a Gaussian of standard deviation `reach` (Wells 1986); the border counts as repeated."""
    width = 2 * reach + 1
    for axis in (0, 1) * 3:
        padded = np.pad(values, [(reach + 1, reach) if axis == i else (0, 0) for i in (0, 1)], mode="edge")
        total = np.cumsum(padded, axis=axis)
        count = values.shape[axis]
        values = (total.take(range(width, width + count), axis) - total.take(range(count), axis)) / width
    return values


CONTROLS: dict[str, Callable[[Image.Image], Map]] = {
    "random": noise,
    "centre": centre,
    "edges": edges,
    "smoothed edges": smoothed_edges,
}
