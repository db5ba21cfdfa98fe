"""Maps cut at a threshold and compared with the mask pixel by pixel: accuracy, precision, recall, F1, IoU, mIoU."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, get_args

import numpy as np

from vitxplain.metrics.base import MASK, Better, Case, Metric
from vitxplain.metrics.thresholds import Policy, above
from vitxplain.options.checks import check_choice, check_count, check_share


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
        threshold: how the map becomes a mask: above its mean, a fixed level, a quantile, by Otsu's method, or at the
            level that does best on validation images, all their pixels counted together.
        level: of "fixed" (the map scaled to [0, 1]) and "quantile"; the others take none.
        images: of "best", which `evaluate` chooses: the most validation images it looks at.
        certainty: where the model gives the explained class this probability or less, nothing is marked; 0: the map
            is cut whatever the model says.
    """

    threshold: Policy = "mean"
    level: float = 0.5
    images: int = 100
    certainty: float = 0.0

    better: ClassVar[Better] = "higher"
    needs: ClassVar[frozenset[str]] = frozenset({MASK})

    def __post_init__(self) -> None:
        check_choice("threshold", self.threshold, get_args(Policy))
        check_share("level", self.level)
        check_count("images", self.images)
        check_share("certainty", self.certainty)

    def counts(self, case: Case) -> Counts:
        """Of one image; those of several add up to the pooled ones."""
        if self.threshold == "best":
            raise ValueError("one image does not know which threshold is best; evaluate() chooses it, on others.")
        marked, mask = above(case.heat, self.threshold, self.level) & self.marks(case), case.known_mask
        kinds = marked & mask, marked & ~mask, ~marked & mask, ~marked & ~mask
        return Counts(*(int(np.sum(pixels)) for pixels in kinds))

    def marks(self, case: Case) -> bool:
        """Whether the model is sure enough for anything to be marked.

        Raises:
            ValueError: certainty is asked for, and there is no model.
        """
        if self.certainty and case.probability is None:
            raise ValueError("certainty asks how sure the model is, and there is no model; leave it out.")
        return not self.certainty or (case.probability or 0.0) > self.certainty

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


@dataclass(frozen=True)
class MeanIoU(PixelMetric):
    """Intersection over union of the object and of what lies round it, the mean of both (mIoU).

    One of the two where the other is nowhere, neither marked nor there.
    """

    def of(self, counts: Counts) -> float:
        wrong = counts.false_alarms + counts.misses
        both = [share(right, right + wrong) for right in (counts.hits, counts.rejections) if right + wrong]
        return sum(both) / len(both) if both else math.nan


def share(part: float, whole: float) -> float:
    """Their quotient; NaN of nothing."""
    return part / whole if whole else math.nan
