"""Insertion (Petsiuk et al. 2018, arXiv 1806.07421, section 4.1)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vitxplain.metrics.base import Better, Case
from vitxplain.metrics.baselines import Baseline, baseline_of, check_baseline
from vitxplain.metrics.curve import StepMetric, Steps
from vitxplain.metrics.replacement import replaced
from vitxplain.options.checks import check_count, check_index


@dataclass(frozen=True)
class Insertion(StepMetric):
    """How soon the class appears while the map's highest pixels come first (Petsiuk et al. 2018, arXiv 1806.07421).

    Args:
        baseline: what the image starts from: black, its mean colour, or itself blurred.
        steps: how often the model is asked on the way from the baseline to the image.
        seed: of the order of pixels the map holds equal.

    Area under the probability of the class over the share of pixels put in, in [0, 1]. At 0 the baseline, at 1 the
    image itself. Pixels the model did not see come last. NaN where the map has no value.
    """

    baseline: Baseline = "blur"
    steps: int = 20
    seed: int = 0

    better: ClassVar[Better] = "higher"

    def __post_init__(self) -> None:
        check_baseline(self.baseline)
        check_count("steps", self.steps)
        check_index("seed", self.seed)

    def changes(self, case: Case) -> Steps:
        shares = np.linspace(0, 1, self.steps + 1).tolist()
        nothing = baseline_of(case.image, self.baseline)
        return Steps(shares, replaced(nothing, case.image, case.heat, shares, self.seed), "probabilities")
