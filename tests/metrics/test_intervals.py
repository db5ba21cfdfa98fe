"""Bootstrap intervals."""

import numpy as np
import pytest

from vitxplain.metrics.intervals import bootstrap


def test_they_hold_the_true_mean_about_as_often_as_promised():
    chance = np.random.default_rng(0)
    held = sum(
        interval.low <= 0 <= interval.high
        for interval in (bootstrap(chance.normal(size=50), repeats=400, seed=seed) for seed in range(200))
    )
    assert 180 <= held <= 198  # 95 % of 200 is 190


def test_they_are_as_wide_as_theory_says():
    values = np.random.default_rng(1).normal(3, 2, 400)
    interval = bootstrap(values)
    assert interval.mean == values.mean()
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


def test_equal_values_leave_no_doubt():
    assert bootstrap(np.full(9, 0.25)) == (0.25, 0.25, 0.25)
