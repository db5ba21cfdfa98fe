"""Positive and negative perturbation (Chefer et al. 2021, arXiv 2012.09838, section 4)."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from vitxplain.metrics.base import Better, Case, Heat
from vitxplain.metrics.baselines import Baseline, baseline_of, check_baseline
from vitxplain.metrics.curve import StepMetric, Steps
from vitxplain.metrics.replacement import replaced
from vitxplain.options.checks import check_index

SHARES = tuple(tenth / 10 for tenth in range(10))  # 0 to 90 %


@dataclass(frozen=True)
class Perturbation(StepMetric):
    """Whether the class stays the predicted one while pixels are replaced.

    Args:
        baseline: what the pixels become: black, the image's mean colour, or the blurred image.
        seed: of the order of pixels the map holds equal.

    Per image the curve is 1 or 0 at 0, 10, ..., 90 % of the pixels; the mean over images of the areas is the area
    under the share of images still recognised. Pixels the model did not see go last. NaN where the map has no value.
    """

    baseline: Baseline = "zero"
    seed: int = 0

    def __post_init__(self) -> None:
        check_baseline(self.baseline)
        check_index("seed", self.seed)

    @abstractmethod
    def order(self, heat: Heat) -> Heat:
        """A map whose highest pixels go first."""

    def changes(self, case: Case) -> Steps:
        nothing, order = baseline_of(case.image, self.baseline), self.order(case.heat)
        return Steps(SHARES, replaced(case.image, nothing, order, SHARES, self.seed), "keeps_class")


@dataclass(frozen=True)
class PositivePerturbation(Perturbation):
    """How long the prediction holds while the most relevant pixels go first (Chefer et al. 2021, arXiv 2012.09838)."""

    better: ClassVar[Better] = "lower"

    def order(self, heat: Heat) -> Heat:
        return heat


@dataclass(frozen=True)
class NegativePerturbation(Perturbation):
    """How long the prediction holds while the least relevant pixels go first (Chefer et al. 2021, arXiv 2012.09838)."""

    better: ClassVar[Better] = "higher"

    def order(self, heat: Heat) -> Heat:
        return -heat
