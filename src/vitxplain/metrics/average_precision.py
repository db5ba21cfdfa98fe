"""Average precision: is the object where the map is highest, whatever the threshold?"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

from vitxplain.metrics.base import MASK, Better, Case, Metric


@dataclass(frozen=True)
class AveragePrecision(Metric):
    """Whether the object is where the map is highest, over all thresholds (Zhu 2004; as scikit-learn's).

    Args:
        background: rank the pixels round the object, too, by 1 - map, and both in one list, as the program of Chefer et
            al. 2021 (arXiv 2012.09838) does: chance is then near 0.5, whatever the size of the object.

    The object's share of the image for a constant map.
    """

    background: bool = False

    better: ClassVar[Better] = "higher"
    needs: ClassVar[frozenset[str]] = frozenset({MASK})

    def score(self, case: Case) -> float:
        if self.background:
            return average_precision(*both_sides(case.heat, case.known_mask))
        return average_precision(case.heat, case.known_mask)


def average_precision(heat: Float[np.ndarray, "height width"], mask: Bool[np.ndarray, "height width"]) -> float:
    """The sum over thresholds of precision times the recall gained there, in [0, 1]; higher is better.

    1 where every pixel of the object is hotter than every other, the object's share of the image (in the mean) for a
    map of noise, and exactly that share for a constant map, since equal values fall under one threshold together.
    Pixels the model did not see (NaN) are ranked last. NaN where the mask is empty.

    Source: Zhu, "Recall, precision and average precision" (2004); as scikit-learn's `average_precision_score`.
    """
    relevant = mask.sum()
    if not relevant:
        return math.nan
    values = np.nan_to_num(heat, nan=-np.inf).ravel()
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(mask.ravel()[order])
    falling = values[order]
    last_of_its_value = np.append(falling[1:] != falling[:-1], True).nonzero()[0]
    hits = hits[last_of_its_value]
    precision = hits / (last_of_its_value + 1)
    return float((precision * np.diff(hits, prepend=0)).sum() / relevant)


def both_sides(
    heat: Float[np.ndarray, "height width"], mask: Bool[np.ndarray, "height width"]
) -> tuple[Float[np.ndarray, "two_heights width"], Bool[np.ndarray, "two_heights width"]]:
    """The map scaled to [0, 1] as a map of the object, and below it 1 minus that as a map of all else."""
    finite = heat[np.isfinite(heat)]
    span = np.ptp(finite) if finite.size else 0.0
    scaled = (heat - finite.min()) / span if span else np.where(np.isfinite(heat), 0.0, np.nan)
    return np.concatenate([scaled, 1 - scaled]), np.concatenate([mask, ~mask])
