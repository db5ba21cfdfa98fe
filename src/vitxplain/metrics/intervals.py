"""Confidence intervals: bootstrap (Efron 1979), and Wilson's of a share (1927)."""

from collections.abc import Callable, Iterator
from math import sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int

REPEATS: Final = 2000
_TOGETHER: Final = 2**22  # numbers in memory: of many images a few repeats at a time


class Interval(NamedTuple):
    """A mean, or another figure of all images together, with its interval."""

    mean: float
    low: float
    high: float


def bootstrap(
    values: Float[np.ndarray, " value"],
    *,
    groups: Int[np.ndarray, " value"] | None = None,
    level: float = 0.95,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Interval:
    """The mean of the values, one an image, and the percentile interval of that mean over resampled images.

    Where an image has several values, `groups` has the number of each one's image, from 0: what is drawn are images,
    each with all its values, as those of one image resemble each other. For a comparison give the differences image by
    image: the interval is then that of the paired difference.
    """
    if groups is None or len(np.unique(groups)) == len(values):
        drawn = (values[chosen].mean(1) for chosen in _resampled(len(values), repeats, seed))
    else:
        sums, counts = np.bincount(groups, values), np.bincount(groups)
        draws = _resampled(len(sums), repeats, seed)
        drawn = (sums[chosen].sum(1) / counts[chosen].sum(1) for chosen in draws)
    means = np.concatenate(list(drawn))
    return Interval(float(values.mean()), *_middle(means, level))


def bootstrap_sums(
    values: Int[np.ndarray, "image column"],
    of: Callable[[Int[np.ndarray, " column"]], float],
    *,
    level: float = 0.95,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Interval:
    """A figure of the columns' sums over all images, and its percentile interval over resampled images.

    NaN where the figure is not defined; resamples in which it is not are left out.
    """
    sums = np.concatenate(
        [
            np.stack([column[chosen].sum(1) for column in values.T], 1)
            for chosen in _resampled(len(values), repeats, seed)
        ]
    )
    figures = np.array([of(row) for row in sums])
    return Interval(float(of(values.sum(0))), *_middle(figures[~np.isnan(figures)], level))


def _resampled(count: int, repeats: int, seed: int) -> Iterator[Int[np.ndarray, "repeat image"]]:
    """Which images each repeat takes, some repeats at a time."""
    chance, step = np.random.default_rng(seed), max(1, _TOGETHER // count)
    for start in range(0, repeats, step):
        yield chance.integers(0, count, (min(step, repeats - start), count))


def _middle(figures: Float[np.ndarray, " repeat"], level: float) -> tuple[float, float]:
    """Between which values so large a share of them lies."""
    if not len(figures):
        return np.nan, np.nan
    tail = (1 - level) / 2
    return float(np.quantile(figures, tail)), float(np.quantile(figures, 1 - tail))


def wilson(hits: int, count: int, *, level: float = 0.95) -> Interval:
    """The share of hits among `count` independent tries, and its score interval (Wilson 1927, JASA 22).

    It lies within [0, 1] and has a width even where all or none hit, which a bootstrap of so few has not.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, weight = hits / count, z * z / count
    middle = (share + weight / 2) / (1 + weight)
    reach = z * sqrt(share * (1 - share) / count + weight / count / 4) / (1 + weight)
    return Interval(share, min(max(middle - reach, 0.0), share), max(min(middle + reach, 1.0), share))
