"""Spearman's rank correlation (1904), equal values sharing their mean rank."""

import math

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, " value"]


def rank_correlation(one: Values, other: Values) -> float:
    """From -1 to 1; NaN where either is constant."""
    first, second = (ranks - ranks.mean() for ranks in (_ranks(one), _ranks(other)))
    lengths = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / lengths) if lengths else math.nan


def _ranks(values: Values) -> Values:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place.ravel()]
