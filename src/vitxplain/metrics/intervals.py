"""How sure a mean over images is: bootstrap intervals (Efron 1979)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Interval(NamedTuple):
    """A mean with its interval."""

    mean: float
    low: float
    high: float


def bootstrap(
    values: Float[np.ndarray, " image"], *, level: float = 0.95, repeats: int = 2000, seed: int = 0
) -> Interval:
    """The mean of one value an image, and the percentile interval of that mean over resampled images.

    For a comparison give the differences image by image: the interval is then that of the paired difference.
    """
    chosen = np.random.default_rng(seed).integers(0, len(values), (repeats, len(values)))
    means = np.sort(values[chosen].mean(1))
    tail = (1 - level) / 2
    return Interval(float(values.mean()), float(np.quantile(means, tail)), float(np.quantile(means, 1 - tail)))
