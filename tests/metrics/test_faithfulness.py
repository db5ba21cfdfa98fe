"""Metrics that ask about changed images, on a model that looks at a quarter of the pixels and says how bright it is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.metrics.blocks import BLOCK, SHARE, SIDE, WHITE, case
from vitxplain.errors import OptionError
from vitxplain.metrics.confidence import AverageDrop, Increase
from vitxplain.metrics.curve import CurveMetric, area
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.insertion import Insertion
from vitxplain.metrics.perturbation import NegativePerturbation, PositivePerturbation

CURVES = [Deletion(), Insertion(), PositivePerturbation(), NegativePerturbation()]
CONFIDENCE = [AverageDrop(), Increase()]
RANDOM = np.random.default_rng(7).random(BLOCK.shape)
HALF = SHARE / 2  # under a curve that falls evenly from 1 to 0 while the block goes


@pytest.mark.parametrize(
    ("metric", "perfect"),
    [(Deletion(baseline="zero"), HALF), (Insertion(baseline="zero"), 1 - HALF)],
    ids=repr,
)
def test_areas_are_those_of_the_block(metric: CurveMetric, perfect: float):
    assert metric.score(case(BLOCK)) == pytest.approx(perfect, abs=1e-4)
    assert metric.score(case(~BLOCK)) == pytest.approx(1 - perfect, abs=1e-4)
    assert metric.score(case(RANDOM)) == pytest.approx(0.5, abs=0.03)  # pixels of the block go as all others
    flat = np.full(BLOCK.shape, 0.3)
    assert metric.score(case(flat)) == pytest.approx(0.5, abs=0.03)  # by chance, not from the top left corner


def test_curves_are_those_of_the_block():
    shares = np.linspace(0, 1, 9)
    curve = Deletion("zero", steps=8).curve(case(BLOCK))
    assert curve == pytest.approx(np.stack([shares, np.clip(1 - shares / SHARE, 0, 1)], 1), abs=1e-5)
    curve = Insertion("zero", steps=8).curve(case(~BLOCK))
    assert curve == pytest.approx(np.stack([shares, np.clip((shares - 0.75) / SHARE, 0, 1)], 1), abs=1e-5)


@settings(max_examples=25, deadline=None)  # each asks the model up to 42 times
@given(st.integers(0, 2**32 - 1), st.sampled_from(["zero", "mean", "blur"]), st.integers(1, 20))
def test_ends_are_the_image_and_the_baseline_and_both_metrics_see_the_same_way_there_and_back(seed, baseline, steps):
    chance = np.random.default_rng(seed)
    image = Image.fromarray(chance.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8))
    heat = chance.permutation(SIDE * SIDE).reshape(SIDE, SIDE).astype(float)
    whole = np.asarray(image)[BLOCK].mean() / 255
    gone = Deletion(baseline, steps).curve(case(heat, image))
    come = Insertion(baseline, steps).curve(case(-heat, image))
    assert gone[0] == pytest.approx([0, whole], abs=1e-5)
    assert come[-1] == pytest.approx([1, whole], abs=1e-5)
    assert come[0] == pytest.approx([0, gone[-1, 1]], abs=1e-5)
    assert come[::-1, 1] == pytest.approx(gone[:, 1], abs=1e-2)  # rounding may differ by a pixel


def test_perturbation_counts_how_long_the_class_is_the_top_one():
    # The class holds while more than half of the block is there: at 0 and 10 % of the pixels, or up to 80 %.
    positive, negative = PositivePerturbation(), NegativePerturbation()
    assert positive.curve(case(BLOCK))[:, 1].tolist() == [1, 1] + [0] * 8
    assert positive.score(case(BLOCK)) == pytest.approx(1.5 / 9)
    assert negative.score(case(BLOCK)) == pytest.approx(8.5 / 9)
    assert positive.score(case(~BLOCK)) == pytest.approx(8.5 / 9)
    assert negative.score(case(~BLOCK)) == pytest.approx(1.5 / 9)
    assert positive.curve(case(BLOCK))[:, 0] == pytest.approx(np.arange(10) / 10)
    for metric in (positive, negative):
        assert metric.score(case(RANDOM)) == pytest.approx(0.5, abs=1.1 / 9)  # a step earlier or later


def test_what_the_model_did_not_see_goes_last_in_either_direction():
    heat = np.where(BLOCK, np.nan, 1.0)
    for metric in (PositivePerturbation(), NegativePerturbation()):
        assert metric.score(case(heat)) == pytest.approx(8.5 / 9)
    assert Deletion("zero").score(case(heat)) == pytest.approx(1 - HALF, abs=1e-4)
    assert Insertion("zero").score(case(heat)) == pytest.approx(HALF, abs=1e-4)


def test_drop_and_increase():
    assert AverageDrop().score(case(BLOCK)) == pytest.approx(0, abs=1e-5)
    assert AverageDrop().score(case(~BLOCK)) == pytest.approx(1, abs=1e-5)
    half = np.where(BLOCK, 0.5, 0.0)
    half[0, 0] = 1  # the block shows at half its brightness
    assert AverageDrop().score(case(half)) == pytest.approx(0.5, abs=2e-3)
    assert AverageDrop("mean").score(case(half)) == pytest.approx(0, abs=1e-5)  # the mean of white is white
    grey = Image.new("RGB", (SIDE, SIDE), (100, 100, 100))
    for heat in (BLOCK, ~BLOCK, RANDOM):
        assert Increase().score(case(heat, grey)) == 0  # black can only take brightness away
    bright = np.where(BLOCK[..., None], 100, 255).repeat(3, -1).astype(np.uint8)
    assert Increase("mean").score(case(~BLOCK, Image.fromarray(bright))) == 1
    assert AverageDrop("mean").score(case(~BLOCK, Image.fromarray(bright))) == 0
    assert AverageDrop().score(case(half * 7 - 3)) == AverageDrop().score(case(half))  # scaled to [0, 1]


def test_a_perfect_map_is_told_from_random_ones_and_from_its_opposite():
    for metric in (*CURVES[2:], Deletion("zero"), Insertion("zero"), AverageDrop()):
        sign = 1 if metric.better == "higher" else -1
        perfect, opposite = (sign * metric.score(case(heat)) for heat in (BLOCK, ~BLOCK))
        chance = [sign * metric.score(case(np.random.default_rng(i).random(BLOCK.shape))) for i in range(10)]
        assert opposite < min(chance) <= max(chance) < perfect


@pytest.mark.parametrize("metric", CURVES + CONFIDENCE, ids=repr)
def test_a_map_without_values_has_no_score(metric):
    assert math.isnan(metric.score(case(np.full(BLOCK.shape, np.nan))))


def test_other_cases_without_a_score():
    for metric in CONFIDENCE:
        assert math.isnan(metric.score(case(np.ones(BLOCK.shape))))
    assert math.isnan(AverageDrop().score(case(BLOCK, Image.new("RGB", WHITE.size))))  # nothing to lose


def test_the_area_is_that_of_a_trapezium_whatever_the_width():
    assert area(np.array([[0, 1.0], [1, 0]])) == 0.5
    assert area(np.array([[0, 1.0], [0.2, 1], [0.8, 0]])) == pytest.approx((0.2 + 0.3) / 0.8)


def test_options_are_checked():
    with pytest.raises(OptionError, match="steps"):
        Deletion(steps=0)
    with pytest.raises(OptionError, match="seed"):
        Insertion(seed=-1)
