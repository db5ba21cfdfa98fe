"""Relevance rank accuracy (Arras et al. 2022, arXiv 2003.07258, eq. 4)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vitxplain.metrics.base import MASK, Better, Case, Metric


@dataclass(frozen=True)
class RankAccuracy(Metric):
    """Of as many highest pixels as the object has, the share on it (Arras et al. 2022, arXiv 2003.07258, eq. 4).

    Pixels that tie at the limit count by their share: a constant map scores the object's share of the image.
    """

    better: ClassVar[Better] = "higher"
    needs: ClassVar[frozenset[str]] = frozenset({MASK})

    def score(self, case: Case) -> float:
        mask, heat = case.known_mask, np.nan_to_num(case.heat, nan=-np.inf)
        size = int(mask.sum())
        if not size:
            return math.nan
        limit = np.partition(heat.ravel(), -size)[-size]
        surely, tied = heat > limit, heat == limit
        left = size - surely.sum()
        return float((mask[surely].sum() + left * mask[tied].mean()) / size)
