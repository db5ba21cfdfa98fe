"""Pixels of one image replaced by those of another, in the order of a map."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

Heat = Float[np.ndarray, "height width"]


def replaced(
    image: Image.Image, other: Image.Image, heat: Heat, shares: Sequence[float], seed: int
) -> Iterator[Image.Image]:
    """For each share, rising, the image with that share of its pixels, the highest of the map, from the other image."""
    order = highest_first(heat, seed)
    pixels, after = (np.array(shown.convert("RGB")).reshape(-1, 3) for shown in (image, other))
    done = 0
    for share in shares:
        until = round(share * len(order))
        chosen, done = order[done:until], until
        pixels[chosen] = after[chosen]
        yield Image.fromarray(pixels.reshape(*heat.shape, 3).copy())


def highest_first(heat: Heat, seed: int) -> Int[np.ndarray, " pixel"]:
    """Pixels from highest to lowest, then those the model did not see (NaN); equal ones by chance, never by place."""
    values = heat.ravel()
    unseen = np.isnan(values)
    chance = np.random.default_rng(seed).random(values.size)
    return np.lexsort((chance, -np.where(unseen, 0, values), unseen))
