"""Where a heat map is high: the pixels above a threshold, and the boxes around the regions they form."""

from typing import Final, Literal, TypeAlias, cast, get_args

import numpy as np
from jaxtyping import Bool, Float

from vitxplain.errors import OptionError
from vitxplain.geometry import Box
from vitxplain.metrics.thresholds import above

Word: TypeAlias = Literal["mean", "otsu"]
Threshold: TypeAlias = float | Word
USUAL: Final = 0.5


def mask_of(
    heat: Float[np.ndarray, "height width"], threshold: Threshold | None, mass: float | None
) -> Bool[np.ndarray, "height width"]:
    """`mask_above` a threshold (without one 0.5), or of a `mass` the `heaviest_pixels`.

    Raises:
        OptionError: both are given, or one is none of what it may be.
    """
    if mass is None:
        return mask_above(heat, USUAL if threshold is None else threshold)
    if threshold is not None:
        raise OptionError(f"threshold={threshold!r} and mass={mass!r} are two ways to choose pixels; give one of them.")
    return heaviest_pixels(heat, mass)


def mask_above(heat: Float[np.ndarray, "height width"], threshold: Threshold) -> Bool[np.ndarray, "height width"]:
    """True where a heat map in [0, 1] lies above the threshold; never where the model did not look (NaN).

    A number is one of the heat map's; "mean" is its mean, "otsu" parts it where two classes of pixels differ most.

    Raises:
        OptionError: the threshold is neither such a word nor a number from 0 to below 1.
    """
    if threshold in get_args(Word):
        return above(heat, cast("Word", threshold), 0.0)
    if not isinstance(threshold, (int, float, np.number)) or not 0 <= threshold < 1:
        words = " or ".join(get_args(Word))
        raise OptionError(f"threshold is {threshold!r}; it takes a number from 0 to below 1, {words}.")
    return np.nan_to_num(heat, nan=-1.0) > threshold


def heaviest_pixels(heat: Float[np.ndarray, "height width"], mass: float) -> Bool[np.ndarray, "height width"]:
    """The fewest pixels that hold at least this share of all heat; none where there is no heat.

    Raises:
        OptionError: `mass` is not above 0 and at most 1.
    """
    if isinstance(mass, bool) or not isinstance(mass, (int, float, np.number)) or not 0 < mass <= 1:
        raise OptionError(f"mass is {mass!r}; it takes a share of the heat, above 0 and at most 1, such as 0.6.")
    flat = np.nan_to_num(heat, nan=0.0).astype(np.float64).ravel()
    order = np.argsort(-flat, kind="stable")
    before = np.cumsum(flat[order]) - flat[order]  # the heat of all hotter pixels
    kept = np.zeros(flat.shape, bool)
    kept[order] = (before < mass * flat.sum() - 1e-9 * flat.sum()) & (flat[order] > 0)
    return kept.reshape(heat.shape)


def boxes_around(mask: Bool[np.ndarray, "height width"]) -> list[Box]:
    """(left, top, right, bottom) around each region of pixels that touch by a side, the largest region first."""
    parents: list[int] = []  # of each run of pixels in a row, one that belongs to the same region
    runs: list[tuple[int, int, int]] = []  # row, first column, column behind the last
    above_it: list[int] = []  # the runs of the row above
    for row, edges in enumerate(np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)):
        current = []
        for start, end in zip(np.flatnonzero(edges > 0).tolist(), np.flatnonzero(edges < 0).tolist(), strict=True):
            number = len(runs)
            runs.append((row, start, end))
            parents.append(number)
            current.append(number)
            for other in above_it:
                if runs[other][1] < end and start < runs[other][2]:
                    parents[_root(parents, other)] = _root(parents, number)
        above_it = current
    regions: dict[int, list[tuple[int, int, int]]] = {}
    for number, run in enumerate(runs):
        regions.setdefault(_root(parents, number), []).append(run)
    ordered = sorted(regions.values(), key=lambda region: -sum(end - start for _, start, end in region))
    return [_box(region) for region in ordered]


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number


def _box(region: list[tuple[int, int, int]]) -> Box:
    rows, starts, ends = zip(*region, strict=True)
    return float(min(starts)), float(min(rows)), float(max(ends)), float(max(rows) + 1)
