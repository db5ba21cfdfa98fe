"""Bootstrap intervals, and Wilson's."""

import numpy as np
import pytest
from scipy.stats import binomtest

from vitxplain.metrics.intervals import bootstrap, bootstrap_sums, wilson


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


@pytest.mark.parametrize(("hits", "count"), [(0, 1), (1, 1), (0, 7), (7, 7), (3, 12), (1860, 2000)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_wilson_is_that_of_scipy(hits: int, count: int, level: float):
    expected = binomtest(hits, count).proportion_ci(level, "wilson")
    assert wilson(hits, count, level=level) == pytest.approx((hits / count, expected.low, expected.high))


def test_many_images_are_drawn_a_few_repeats_at_a_time(monkeypatch: pytest.MonkeyPatch):
    values = np.random.default_rng(2).normal(size=300)
    at_once = bootstrap(values)
    monkeypatch.setattr("vitxplain.metrics.intervals._TOGETHER", 1000)
    assert bootstrap(values) == at_once


def test_a_ratio_of_sums():
    counts = np.random.default_rng(3).integers(0, 9, (200, 2))
    found = bootstrap_sums(counts, lambda sums: float(sums[0] / sums[1]))
    assert found.mean == counts[:, 0].sum() / counts[:, 1].sum()
    assert found.low < found.mean < found.high
    of_one = bootstrap_sums(counts * [1, 0] + [0, 1], lambda sums: float(sums[0] / sums[1]))
    assert of_one == pytest.approx(bootstrap(counts[:, 0].astype(float)))


def test_a_figure_that_is_not_defined_has_no_interval():
    assert np.isnan(bootstrap_sums(np.zeros((5, 2), int), lambda _: np.nan)).all()


def test_several_values_of_an_image_are_drawn_together():
    values = np.random.default_rng(4).normal(size=40)
    alone = bootstrap(values)
    assert bootstrap(values, groups=np.arange(40)) == alone
    repeated = bootstrap(np.repeat(values, 3), groups=np.repeat(np.arange(40), 3))
    assert repeated == pytest.approx(alone)
    careless = bootstrap(np.repeat(values, 3))
    assert careless.high - careless.low == pytest.approx((alone.high - alone.low) / 3**0.5, rel=0.1)


def test_images_with_more_values_weigh_more():
    groups = np.array([0, 0, 0, 1])
    interval = bootstrap(np.array([1.0, 1.0, 1.0, 0.0]), groups=groups)
    assert interval == (0.75, 0.0, 1.0)
