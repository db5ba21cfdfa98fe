"""The threshold by which a heat map becomes a mask."""

from typing import Final, Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

Cut: TypeAlias = Literal["mean", "fixed", "quantile", "otsu"]
Policy: TypeAlias = Literal["mean", "fixed", "quantile", "otsu", "best"]

LEVELS: Final = np.arange(100) / 100  # among which the best one is looked for, of a map scaled to [0, 1]


def above(heat: Float[np.ndarray, "height width"], policy: Cut, level: float) -> Bool[np.ndarray, "height width"]:
    """True where the map lies above its threshold; never where the model did not look (NaN).

    mean      above the mean of the map (Chefer et al. 2021, arXiv 2012.09838)
    fixed     above `level`, the map being scaled to [0, 1]
    quantile  the `1 - level` highest share of the pixels
    otsu      where two classes of pixels differ most (Otsu 1979), over 256 bins
    """
    finite = heat[np.isfinite(heat)]
    if not finite.size or finite.min() == finite.max():
        return np.zeros(heat.shape, bool)
    threshold = {
        "mean": lambda: finite.mean(),
        "fixed": lambda: finite.min() + level * (finite.max() - finite.min()),
        "quantile": lambda: np.quantile(finite, level),
        "otsu": lambda: _otsu(finite),
    }[policy]()
    return np.nan_to_num(heat, nan=-np.inf) > threshold


def counts_at_levels(
    heat: Float[np.ndarray, "height width"], mask: Bool[np.ndarray, "height width"]
) -> Int[np.ndarray, "level 4"]:
    """Hits, false alarms, misses and rejections of the map cut at each of `LEVELS`, as "fixed" cuts it."""
    finite = heat[np.isfinite(heat)]
    passed = np.zeros(heat.shape, int)  # how many levels each pixel lies above
    if finite.size and finite.min() < finite.max():
        scaled = np.nan_to_num((heat - finite.min()) / np.ptp(finite), nan=-1)
        passed = np.searchsorted(LEVELS, scaled, side="left")
    hits, false_alarms = (_reaching(passed[where]) for where in (mask, ~mask))
    return np.stack([hits, false_alarms, mask.sum() - hits, (~mask).sum() - false_alarms], 1)


def _reaching(passed: Int[np.ndarray, " pixel"]) -> Int[np.ndarray, " level"]:
    """How many of these pixels lie above each level."""
    return np.bincount(passed, minlength=len(LEVELS) + 1)[::-1].cumsum()[::-1][1:]


def _otsu(values: Float[np.ndarray, " pixel"]) -> float:
    """The edge between bins that makes the variance between the two classes largest."""
    counts, edges = np.histogram(values, 256)
    centres = (edges[:-1] + edges[1:]) / 2
    below, mass_below = np.cumsum(counts)[:-1], np.cumsum(counts * centres)[:-1]
    above, total = counts.sum() - below, (counts * centres).sum()
    apart = mass_below / np.maximum(below, 1) - (total - mass_below) / np.maximum(above, 1)
    return float(edges[1:-1][np.argmax(below * above * apart * apart)])
