"""The mean curve of a method by a metric that is an area under one."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from vitxplain.evaluation.scoring.map_scores import MapScores

Curve: TypeAlias = Float[np.ndarray, "step 2"]  # shares of the pixels, and what the model says there
Place: TypeAlias = tuple[str, str, str]  # model, method, metric


def mean_curves(map_scores: Iterable[MapScores]) -> dict[Place, Curve]:
    """By model, method and metric, over the maps that have a curve."""
    sums: dict[Place, Curve] = {}
    counts: Counter[Place] = Counter()
    for map_score in map_scores:
        for metric, points in map_score.curves.items():
            key = map_score.model, map_score.method, metric
            sums[key] = sums.get(key, 0) + np.array(list(points))
            counts[key] += 1
    return {key: curve / counts[key] for key, curve in sums.items()}
