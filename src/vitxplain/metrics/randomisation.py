"""Model parameter randomisation (Adebayo et al. 2018, arXiv 1810.03292, section 3.1)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vitxplain.metrics.base import METHOD, Better, Case, Heat, Metric
from vitxplain.metrics.rank_correlation import rank_correlation
from vitxplain.options.checks import check_count, check_index


@dataclass(frozen=True)
class Randomisation(Metric):
    """How much of the map is left when what the model learned is destroyed (Adebayo et al. 2018, arXiv 1810.03292).

    Args:
        stages: copies of the model, each with more of its layers randomised, from the last to, in the last copy, all.
        seed: of the randomisation.

    The mean over the copies of the absolute rank correlation (Spearman) of the map with the copy's map, in [0, 1].
    Absolute, because an inverted map owes as much to what was not learned as an equal one. A copy whose map is constant
    counts 0: nothing is left. NaN where the model's own map is constant.
    """

    stages: int = 3
    seed: int = 0

    better: ClassVar[Better] = "lower"
    needs: ClassVar[frozenset[str]] = frozenset({METHOD})

    def __post_init__(self) -> None:
        check_count("stages", self.stages)
        check_index("seed", self.seed)

    def score(self, case: Case) -> float:
        finite = case.heat[np.isfinite(case.heat)]
        if not finite.size or finite.min() == finite.max():
            return math.nan
        return float(np.mean(self.correlations(case)))

    def correlations(self, case: Case) -> list[float]:
        """The absolute rank correlation with the map of each copy, the least randomised first."""
        return [_similarity(case.heat, other) for other in case.model.randomised(case.image, self.stages, self.seed)]


def _similarity(heat: Heat, other: Heat) -> float:
    both = np.isfinite(heat) & np.isfinite(other)
    correlation = rank_correlation(heat[both], other[both]) if both.any() else math.nan
    return 0.0 if math.isnan(correlation) else abs(correlation)
