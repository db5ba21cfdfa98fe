"""Entropy of a map (Bhatt et al. 2020, arXiv 2005.00631, eq. 4)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vitxplain.metrics.base import Better, Case, Metric


@dataclass(frozen=True)
class Entropy(Metric):
    """How widely the map is spread: entropy of its shares in nats (Bhatt et al. 2020, arXiv 2005.00631, eq. 4).

    0 when one pixel holds all, log(pixels) for a constant map. It says nothing about where.
    """

    better: ClassVar[Better] = "neither"

    def score(self, case: Case) -> float:
        values = np.abs(case.heat[np.isfinite(case.heat)])
        if not values.sum():
            return math.nan
        shares = values[values > 0] / values.sum()
        return float(-(shares * np.log(shares)).sum())
