"""Spearman's rank correlation is scipy's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from vitxplain.metrics.rank_correlation import rank_correlation

VALUES = arrays.arrays(np.float64, 12, elements=st.sampled_from([-2.0, 0.0, 0.5, 3.0, 4.0])).filter(np.ptp)


@given(VALUES, VALUES)
def test_equals_scipy(one, other):
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_ends():
    values = np.random.default_rng(0).random(30)
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
    assert math.isnan(rank_correlation(values, np.ones(30)))
