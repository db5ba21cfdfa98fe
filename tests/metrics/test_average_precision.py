"""Average precision: closed forms, and scikit-learn's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score

from vitxplain.metrics.average_precision import average_precision, both_sides

MASKS = arrays.arrays(bool, (5, 6))
# Few different values, so that many pixels tie.
HEATS = arrays.arrays(np.float64, (5, 6), elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0]))


@given(HEATS, MASKS.filter(np.any))
def test_equals_scikit_learn(heat, mask):
    assert average_precision(heat, mask) == pytest.approx(average_precision_score(mask.ravel(), heat.ravel()))


def test_the_mask_itself_is_perfect_and_its_opposite_is_the_worst():
    mask = np.zeros((4, 5), bool)
    mask[1:3, 2] = True
    assert average_precision(mask.astype(float), mask) == 1
    assert average_precision(-mask.astype(float), mask) == pytest.approx(2 / 20)  # one threshold takes in all
    order = np.argsort(mask.ravel(), kind="stable")
    worst = np.empty(20)
    worst[order] = np.arange(20, 0, -1)  # the object comes last, pixel by pixel
    assert average_precision(worst.reshape(4, 5), mask) == pytest.approx((1 / 19 + 2 / 20) / 2)


def test_a_constant_map_scores_the_share_of_the_object():
    mask = np.eye(4, dtype=bool)
    assert average_precision(np.full((4, 4), 0.3), mask) == pytest.approx(1 / 4)


def test_what_was_not_seen_ranks_last():
    heat = np.array([[np.nan, -5.0], [1.0, 0.0]])
    assert average_precision(heat, np.array([[True, False], [False, False]])) == pytest.approx(1 / 4)
    assert average_precision(heat, np.array([[False, False], [True, False]])) == 1


def test_without_an_object_there_is_no_score():
    assert math.isnan(average_precision(np.ones((2, 2)), np.zeros((2, 2), bool)))


def test_with_the_background_the_list_is_that_of_chefers_program():
    """Pixels of both classes in one list, each scored by the map of its class, one minus the other."""
    chance = np.random.default_rng(0)
    heat, mask = chance.random((6, 7)) * 3, chance.random((6, 7)) < 0.3
    scaled = (heat - heat.min()) / np.ptp(heat)
    one_hot = np.concatenate([~mask.ravel(), mask.ravel()])
    expected = average_precision_score(one_hot, np.concatenate([1 - scaled.ravel(), scaled.ravel()]))
    assert average_precision(*both_sides(heat, mask)) == pytest.approx(expected)
