"""Relevance mass accuracy (Arras et al. 2022, arXiv 2003.07258, eq. 3)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vitxplain.metrics.base import MASK, Better, Case, Metric
from vitxplain.metrics.pixels import share


@dataclass(frozen=True)
class MassAccuracy(Metric):
    """The share of the map's total that lies on the object (Arras et al. 2022, arXiv 2003.07258, eq. 3).

    The object's share of the image for a constant map. Not defined for a map of zeros.
    """

    better: ClassVar[Better] = "higher"
    needs: ClassVar[frozenset[str]] = frozenset({MASK})

    def score(self, case: Case) -> float:
        heat = np.nan_to_num(case.heat, nan=0.0)
        return float(share(heat[case.known_mask].sum(), heat.sum()))
