"""The pointing game (Zhang et al. 2016, arXiv 1608.00507)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image, ImageFilter

from vitxplain.data.sample import Mask
from vitxplain.metrics.base import MASK, Better, Case, Metric
from vitxplain.options.checks import check_count


@dataclass(frozen=True)
class PointingGame(Metric):
    """Whether the highest point of the map lies on the object (Zhang et al. 2016, arXiv 1608.00507).

    Args:
        tolerance: pixels round the object that count as hits too, by the larger of the two distances; 0: none. The
            paper takes 15 on photographs.

    1 or 0; where several pixels are equally high, the share of them that hits: a constant map points at chance.
    """

    tolerance: int = 0

    better: ClassVar[Better] = "higher"
    needs: ClassVar[frozenset[str]] = frozenset({MASK})

    def __post_init__(self) -> None:
        if self.tolerance:
            check_count("tolerance", self.tolerance)

    def score(self, case: Case) -> float:
        finite = np.isfinite(case.heat)
        if not finite.any() or not case.known_mask.any():
            return math.nan
        return float(grown(case.known_mask, self.tolerance)[case.heat == case.heat[finite].max()].mean())


def grown(mask: Mask, reach: int) -> Mask:
    """The mask and every pixel within so many rows and columns of it."""
    return np.asarray(Image.fromarray(mask).convert("L").filter(ImageFilter.MaxFilter(2 * reach + 1))) > 0
