"""How sure a figure is: bootstrap intervals of a mean (Efron 1979), Wilson's of a share (1927)."""

from math import sqrt
from statistics import NormalDist
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


def wilson(hits: int, count: int, *, level: float = 0.95) -> Interval:
    """The share of hits among `count` independent tries, and its score interval (Wilson 1927, JASA 22).

    It lies within [0, 1] and has a width even where all or none hit, which a bootstrap of so few has not.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, weight = hits / count, z * z / count
    middle = (share + weight / 2) / (1 + weight)
    reach = z * sqrt(share * (1 - share) / count + weight / count / 4) / (1 + weight)
    return Interval(share, min(max(middle - reach, 0.0), share), max(min(middle + reach, 1.0), share))
