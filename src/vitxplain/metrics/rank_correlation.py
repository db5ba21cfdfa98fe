"""Spearman's rank correlation (1904), equal values sharing their mean rank."""

import math

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, " value"]


def rank_correlation(first: Values, second: Values) -> float:
    """From -1 to 1; NaN where either is constant."""
    centred, other = (ranks - ranks.mean() for ranks in (_ranks(first), _ranks(second)))
    lengths = np.sqrt((centred @ centred) * (other @ other))
    return float(centred @ other / lengths) if lengths else math.nan


def _ranks(values: Values) -> Values:
    _, value, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[value.ravel()]
