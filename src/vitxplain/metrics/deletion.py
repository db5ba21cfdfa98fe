"""Deletion (Petsiuk et al. 2018, arXiv 1806.07421, section 4.1)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vitxplain.metrics.base import Better, Case
from vitxplain.metrics.baselines import Baseline, baseline_of, check_baseline
from vitxplain.metrics.curve import StepMetric, Steps
from vitxplain.metrics.replacement import replaced
from vitxplain.options.checks import check_count, check_index


@dataclass(frozen=True)
class Deletion(StepMetric):
    """How long the class survives while the map's highest pixels go first (Petsiuk et al. 2018, arXiv 1806.07421).

    Args:
        baseline: what the pixels become: black, the image's mean colour, or the blurred image.
        steps: how often the model is asked on the way from the image to the baseline.
        seed: of the order of pixels the map holds equal.

    Area under the probability of the class over the share of pixels replaced, in [0, 1]. At 0 the image itself, at 1
    the baseline. Pixels the model did not see go last. NaN where the map has no value.
    """

    baseline: Baseline = "mean"
    steps: int = 20
    seed: int = 0

    better: ClassVar[Better] = "lower"

    def __post_init__(self) -> None:
        check_baseline(self.baseline)
        check_count("steps", self.steps)
        check_index("seed", self.seed)

    def changes(self, case: Case) -> Steps:
        shares = np.linspace(0, 1, self.steps + 1).tolist()
        nothing = baseline_of(case.image, self.baseline)
        return Steps(shares, replaced(case.image, nothing, case.heat, shares, self.seed), "probabilities")
