"""The points of a curve are kept exactly, in little memory."""

import json
import tracemalloc

import numpy as np

from vitxplain.evaluation.scoring.curve_points import CurvePoints
from vitxplain.evaluation.scoring.map_scores import MapScores

POINTS = [(0.0, 0.123457), (0.5, 1e-06), (1.0, 3.0)]


def test_points_are_those_given_and_come_back_from_a_line_of_json():
    curve = CurvePoints(POINTS)
    assert (list(curve), len(curve), curve[0], curve[-1]) == (POINTS, 3, POINTS[0], POINTS[-1])
    np.testing.assert_array_equal(np.array([curve, curve]), [POINTS, POINTS])
    scored = MapScores("model", "method", "image", {"deletion": 0.5}, curves={"deletion": curve})
    again = MapScores.of(json.loads(scored.as_json()))
    assert again == scored
    assert again != MapScores("model", "method", "image", {"deletion": 0.5}, curves={"deletion": CurvePoints([])})


def test_a_curve_takes_two_numbers_a_point_and_little_more():
    steps, curves = 21, 100
    tracemalloc.start()
    try:
        kept = [CurvePoints((step / 20, number / (step + 1)) for step in range(steps)) for number in range(curves)]
        each = tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()
    assert each < 2 * steps * 8 * 2
