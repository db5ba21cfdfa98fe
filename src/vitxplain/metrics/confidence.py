"""Average drop and increase in confidence (Chattopadhay et al. 2018, arXiv 1710.11063, section 4.1)."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from vitxplain.metrics.base import MODEL, Better, Case
from vitxplain.metrics.baselines import Baseline, baseline_of, check_baseline
from vitxplain.metrics.curve import ChangesMetric, Steps


@dataclass(frozen=True)
class ConfidenceMetric(ChangesMetric):
    """What the model thinks of the image seen through its map.

    Args:
        baseline: what shows where the map is low: black, the image's mean colour, or the blurred image.

    The map is scaled to [0, 1]; pixels the model did not see are not shown. NaN for a constant map, which has no scale.
    """

    baseline: Baseline = "zero"

    needs: ClassVar[frozenset[str]] = frozenset({MODEL})

    def __post_init__(self) -> None:
        check_baseline(self.baseline)

    @abstractmethod
    def of(self, before: float, after: float) -> float:
        """The measure of the probability of the class for the image, and for the image through its map."""

    def score(self, case: Case) -> float:
        steps = self.changes(case)
        if not steps.shares:
            return math.nan
        before, after = case.model.probabilities(list(steps.images))
        return self.of(float(before), float(after))

    def changes(self, case: Case) -> Steps:
        """The image, and the image through its map."""
        finite = case.heat[np.isfinite(case.heat)]
        if not finite.size or finite.min() == finite.max():
            return Steps((), (), "probabilities")
        share = np.nan_to_num((case.heat - finite.min()) / np.ptp(finite))[..., None]
        image, nothing = (
            np.asarray(shown.convert("RGB"), float) for shown in (case.image, baseline_of(case.image, self.baseline))
        )
        through = Image.fromarray((nothing + share * (image - nothing)).round().astype(np.uint8))
        return Steps((0.0, 1.0), (case.image, through), "probabilities")


@dataclass(frozen=True)
class AverageDrop(ConfidenceMetric):
    """The confidence lost when the image is seen through its map (Chattopadhay et al. 2018, arXiv 1710.11063).

    As a share of the confidence in the whole image, 0 where it grows (section 4.1.1; the paper gives per cent). NaN
    where the probability was 0 to begin with.
    """

    better: ClassVar[Better] = "lower"

    def of(self, before: float, after: float) -> float:
        return max(0.0, before - after) / before if before else math.nan


@dataclass(frozen=True)
class Increase(ConfidenceMetric):
    """Whether the model is surer of the image seen through its map (Chattopadhay et al. 2018, arXiv 1710.11063).

    1 or 0; the mean over images is the paper's "increase in confidence" (section 4.1.2).
    """

    better: ClassVar[Better] = "higher"

    def of(self, before: float, after: float) -> float:
        return float(after > before)
