"""Average precision against its closed form, and which boxes count."""

import numpy as np
import pytest

from vitxplain.assessment.objects.average_precision import average_precision
from vitxplain.assessment.objects.matching import match

TRUE = np.array([[0, 0, 10, 10, 7, 0], [20, 20, 40, 40, 7, 0], [5, 5, 15, 15, 2, 0]], float)


def box(number: int, score: float, shift: float = 0.0) -> list[float]:
    left, top, right, bottom, label, _ = TRUE[number]
    return [left + shift, top, right + shift, bottom, score, label]


def test_of_two_objects_one_found_after_a_false_one():
    # Ranked: a false box, then a true one. Precision is 0, 1/2; recall reaches 1/2 at a precision of 1/2, so of the 101
    # levels of recall 51 (0 to 0.5) have 1/2 and the rest 0.
    detected = np.array([[60, 60, 70, 70, 0.9, 7], box(0, 0.8), box(2, 0.7)])
    precision = average_precision([detected], [TRUE], [7, 2, 4])
    np.testing.assert_allclose(precision.ap, [51 / 101 / 2, 1.0, np.nan])
    np.testing.assert_allclose(precision.ap50, precision.ap)
    assert precision.objects.tolist() == [2, 1, 0]
    assert precision.map == pytest.approx((51 / 202 + 1) / 2)


def test_the_overlap_decides():
    # A shift of 2 of 10 pixels overlaps by 8/12: right at 0.5, 0.55, 0.6 and 0.65, and at none of the six above.
    precision = average_precision([np.array([box(0, 0.9, shift=2)])], [TRUE[:1]], [7])
    assert (precision.map50, precision.map) == pytest.approx((1.0, 0.4))


def test_what_does_not_count_is_neither_missed_nor_wrong():
    crowd = TRUE.copy()
    crowd[1, 5] = 1
    detected = np.array([box(0, 0.9), box(1, 0.95)])
    assert average_precision([detected], [crowd], [7]).map == pytest.approx(1.0)
    assert average_precision([detected[:1]], [crowd], [7]).map == pytest.approx(1.0)
    matches = match(detected, crowd)
    assert (matches.missed, matches.wrong) == (1, 0)  # the one of class 2


def test_no_boxes_at_all():
    nothing = np.zeros((0, 6))
    precision = average_precision([nothing, nothing], [TRUE, nothing], [7, 2])
    assert precision.map == 0.0
    assert np.isnan(average_precision([nothing], [nothing], [7]).map)


def test_matches_are_one_for_one():
    detected = np.array([box(0, 0.9), box(0, 0.8, shift=1), [20, 20, 40, 40, 0.7, 2]])
    matches = match(detected, TRUE)
    assert matches.of_detected.tolist() == [0, -1, 1]
    assert matches.of_true.tolist() == [0, 2, -1]
    assert (matches.missed, matches.wrong) == (
        2,
        2,
    )  # one taken for another class, one not found; a double, a wrong class
