"""Metrics of where a map lies: perfect, opposite, constant and hand-counted maps."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vitxplain.errors import OptionError
from vitxplain.metrics.average_precision import AveragePrecision
from vitxplain.metrics.base import Case, Metric
from vitxplain.metrics.entropy import Entropy
from vitxplain.metrics.mass_accuracy import MassAccuracy
from vitxplain.metrics.pixels import F1, Counts, IoU, MeanIoU, PixelAccuracy, Precision, Recall
from vitxplain.metrics.pointing_game import PointingGame
from vitxplain.metrics.rank_accuracy import RankAccuracy
from vitxplain.metrics.sparseness import Sparseness
from vitxplain.metrics.thresholds import LEVELS, above, counts_at_levels

MASK = np.zeros((6, 8), bool)
MASK[1:4, 2:6] = True  # 12 of 48 pixels
ALL = [
    AveragePrecision(),
    PointingGame(),
    MassAccuracy(),
    RankAccuracy(),
    PixelAccuracy(),
    Precision(),
    Recall(),
    F1(),
    IoU(),
    MeanIoU(),
]


def case(heat: np.ndarray, mask: np.ndarray | None = None) -> Case:
    known = MASK if mask is None and heat.shape == MASK.shape else mask
    return Case(heat.astype(float), Image.new("RGB", heat.shape[::-1]), known)


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_the_mask_itself_is_perfect(metric: Metric) -> None:
    assert metric.score(case(MASK)) == 1
    assert metric.better == "higher"


@pytest.mark.parametrize("metric", ALL[1:], ids=repr)
def test_the_opposite_of_the_mask_is_worst(metric: Metric) -> None:
    assert metric.score(case(~MASK)) == 0


@pytest.mark.parametrize("metric", ALL[:4], ids=repr)
def test_a_constant_map_is_at_chance(metric: Metric) -> None:
    assert metric.score(case(np.full(MASK.shape, 0.3))) == pytest.approx(12 / 48)


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_pixels_the_model_did_not_see_are_not_found(metric: Metric) -> None:
    heat = np.where(MASK, 1.0, 0.0)
    heat[2] = np.nan  # a third of the object lies there, and most of what is found cannot
    seen = metric.score(case(heat))
    assert math.isfinite(seen)
    assert seen <= 1


def test_counts_by_hand() -> None:
    heat = np.zeros((2, 4))
    heat[0, :3] = 1, 0.6, 0.4
    mask = np.array([[True, False, True, True], [False] * 4])
    fixed = F1(threshold="fixed", level=0.5)
    assert fixed.counts(case(heat, mask)) == Counts(hits=1, false_alarms=1, misses=2, rejections=4)
    counts = Counts(1, 1, 2, 4)
    assert PixelAccuracy().of(counts) == 5 / 8
    assert Precision().of(counts) == 1 / 2
    assert Recall().of(counts) == 1 / 3
    assert F1().of(counts) == 2 / 5
    assert IoU().of(counts) == 1 / 4
    assert MeanIoU().of(counts) == pytest.approx((1 / 4 + 4 / 7) / 2)
    assert MeanIoU().of(Counts(0, 0, 0, 8)) == 1  # nothing there, nothing marked


def test_what_is_not_defined_is_nan() -> None:
    nothing = np.zeros(MASK.shape, bool)
    assert math.isnan(Precision().score(case(np.ones(MASK.shape))))  # a constant map marks nothing
    assert math.isnan(MassAccuracy().score(case(np.zeros(MASK.shape))))
    for metric in (Recall(), AveragePrecision(), PointingGame(), RankAccuracy()):
        assert math.isnan(metric.score(case(np.random.default_rng(0).random(MASK.shape), nothing)))


def test_thresholds() -> None:
    heat = np.arange(10.0).reshape(2, 5) / 9
    assert above(heat, "mean", 0).sum() == 5
    assert above(heat, "fixed", 0.75).sum() == 3  # 7, 8 and 9 of 9
    assert above(heat, "quantile", 0.8).sum() == 2
    two = np.concatenate([np.linspace(0, 0.2, 30), np.linspace(0.7, 1, 10)]).reshape(5, 8)
    assert above(two, "otsu", 0).sum() == 10
    for policy in ("mean", "fixed", "quantile", "otsu"):
        assert not above(np.full((3, 3), 0.7), policy, 0.5).any()
        assert not above(np.full((3, 3), np.nan), policy, 0.5).any()


@given(st.integers(0, 2**32 - 1))
def test_all_levels_at_once_are_the_levels_one_by_one(seed: int) -> None:
    chance = np.random.default_rng(seed)
    one = case(chance.random(MASK.shape).round(1) * chance.integers(0, 9), chance.random(MASK.shape) < 0.3)
    one.heat[chance.random(MASK.shape) < 0.1] = np.nan
    found = counts_at_levels(one.heat, one.known_mask)
    for level in (0, 13, 50, 99):
        assert Counts(*found[level].tolist()) == F1(threshold="fixed", level=float(LEVELS[level])).counts(one)


def test_where_the_model_is_not_sure_nothing_is_marked() -> None:
    metric, one = Recall(threshold="fixed", certainty=0.5), case(MASK)
    assert [metric.score(replace(one, probability=share)) for share in (0.4, 0.5, 0.51)] == [0, 0, 1]
    assert Recall().score(one) == 1
    with pytest.raises(ValueError, match="there is no model"):
        metric.score(one)


def test_one_image_does_not_choose_its_own_threshold() -> None:
    with pytest.raises(ValueError, match="on others"):
        IoU(threshold="best").score(case(MASK))


def test_otsu_is_scikit_images() -> None:
    filters = pytest.importorskip("skimage.filters")
    heat = np.random.default_rng(0).beta(2, 5, (40, 50)) + (np.arange(50) > 30)
    found, width = filters.threshold_otsu(heat), np.ptp(heat) / 256
    far = np.abs(heat - found) > width  # scikit-image cuts in the middle of a bin, we at its end
    assert np.array_equal(above(heat, "otsu", 0)[far], (heat > found)[far])
    assert far.mean() > 0.99


def test_the_pointing_game_forgives_what_its_tolerance_says() -> None:
    heat = np.zeros(MASK.shape)
    heat[5, 7] = 1  # two rows and two columns away
    assert [PointingGame(tolerance=reach).score(case(heat)) for reach in (0, 1, 2)] == [0, 0, 1]
    heat[2, 3] = 1  # as high: one of two
    assert PointingGame().score(case(heat)) == 0.5
    with pytest.raises(OptionError, match="tolerance"):
        PointingGame(tolerance=-1)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10), st.floats(0, 5))
def test_ranks_do_not_mind_how_a_map_is_scaled(seed: int, times: float, plus: float) -> None:
    one = case(np.random.default_rng(seed).random(MASK.shape).round(1))
    other = replace(one, heat=one.heat * times + plus)
    for metric in (AveragePrecision(), PointingGame(), RankAccuracy()):
        assert metric.score(other) == pytest.approx(metric.score(one))


def test_how_spread_a_map_is() -> None:
    flat, peak = np.ones(MASK.shape), np.zeros(MASK.shape)
    peak[3, 3] = 5
    assert Sparseness().score(case(flat)) == pytest.approx(0)
    assert Sparseness().score(case(peak)) == pytest.approx(47 / 48)
    assert Entropy().score(case(flat)) == pytest.approx(math.log(48))
    assert Entropy().score(case(peak)) == 0
    for metric in (Sparseness(), Entropy()):
        assert metric.better == "neither"
        assert math.isnan(metric.score(case(np.zeros(MASK.shape))))
    gini = Sparseness().score(case(np.array([[1.0, 2.0], [3.0, 4.0]])))
    assert gini == pytest.approx(sum(abs(a - b) for a in range(1, 5) for b in range(1, 5)) / (2 * 4 * 10))
