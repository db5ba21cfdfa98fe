"""Sparseness by the Gini index (Chalasani et al. 2020, arXiv 1810.06583)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vitxplain.metrics.base import Better, Case, Metric


@dataclass(frozen=True)
class Sparseness(Metric):
    """How few pixels hold the map, by the Gini index (Chalasani et al. 2020, arXiv 1810.06583, section 4.1).

    0 for a constant map, near 1 when one pixel holds all. It says nothing about whether the pixels are the right ones.
    """

    better: ClassVar[Better] = "neither"

    def score(self, case: Case) -> float:
        values = np.sort(np.abs(case.heat[np.isfinite(case.heat)]))
        count, total = len(values), values.sum()
        if not total:
            return math.nan
        rank = np.arange(1, count + 1)
        return float(((2 * rank - count - 1) * values).sum() / (count * total))
