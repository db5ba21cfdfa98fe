"""Maps cut at a threshold and compared with the mask pixel by pixel: accuracy, precision, recall, F1, IoU."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, get_args

import numpy as np

from vitxplain.explainers.options import check_choice, check_share
from vitxplain.metrics.base import MASK, Better, Case, Metric
from vitxplain.metrics.thresholds import Policy, above


class Counts(NamedTuple):
    """Pixels by what the map says and what is there."""

    hits: int
    false_alarms: int
    misses: int
    rejections: int


@dataclass(frozen=True)
class PixelMetric(Metric):
    """A measure of the counts of pixels.

    Args:
        threshold: how the map becomes a mask: above its mean, a fixed level, a quantile, or by Otsu's method.
        level: of "fixed" (the map scaled to [0, 1]) and "quantile"; the others take none.
    """

    threshold: Policy = "mean"
    level: float = 0.5

    better: ClassVar[Better] = "higher"
    needs: ClassVar[frozenset[str]] = frozenset({MASK})

    def __post_init__(self) -> None:
        check_choice("threshold", self.threshold, get_args(Policy))
        check_share("level", self.level)

    def counts(self, case: Case) -> Counts:
        """Of one image; those of several add up to the pooled ones."""
        here, mask = above(case.heat, self.threshold, self.level), case.known_mask
        return Counts(*(int(np.sum(one)) for one in (here & mask, here & ~mask, ~here & mask, ~here & ~mask)))

    @abstractmethod
    def of(self, counts: Counts) -> float:
        """The measure of these pixels; NaN where it is not defined."""

    def score(self, case: Case) -> float:
        return self.of(self.counts(case))


@dataclass(frozen=True)
class PixelAccuracy(PixelMetric):
    """The share of pixels that the map, cut at a threshold, puts on the right side of the mask."""

    def of(self, counts: Counts) -> float:
        return share(counts.hits + counts.rejections, sum(counts))


@dataclass(frozen=True)
class Precision(PixelMetric):
    """The share of what the map marks that lies on the object; not defined where it marks nothing."""

    def of(self, counts: Counts) -> float:
        return share(counts.hits, counts.hits + counts.false_alarms)


@dataclass(frozen=True)
class Recall(PixelMetric):
    """The share of the object that the map marks; not defined where there is no object."""

    def of(self, counts: Counts) -> float:
        return share(counts.hits, counts.hits + counts.misses)


@dataclass(frozen=True)
class F1(PixelMetric):
    """The harmonic mean of precision and recall (Dice's coefficient of the marked pixels and the mask)."""

    def of(self, counts: Counts) -> float:
        return share(2 * counts.hits, 2 * counts.hits + counts.false_alarms + counts.misses)


@dataclass(frozen=True)
class IoU(PixelMetric):
    """Intersection over union of the marked pixels and the mask (Jaccard's index)."""

    def of(self, counts: Counts) -> float:
        return share(counts.hits, counts.hits + counts.false_alarms + counts.misses)


def share(part: float, whole: float) -> float:
    """Their quotient; NaN of nothing."""
    return part / whole if whole else math.nan
