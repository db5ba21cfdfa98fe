"""The table and the comparisons of scores that are known."""

import math

import pytest

from vitxplain.evaluation.comparison import comparisons
from vitxplain.evaluation.lines import Line
from vitxplain.evaluation.rows import rows_of
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.pixels import Counts, IoU

SCORES = {"good": [0.1] * 10, "odd": [0.3, math.nan] + [0.3] * 8, "random": [0.3] * 10, "centre": [0.5] * 10}


def lines(metric: str = "deletion") -> dict[str, list[Line]]:
    return {
        name: [
            Line("m", name, str(place), {metric: value}, control=name in ("random", "centre"))
            for place, value in enumerate(values)
        ]
        for name, values in SCORES.items()
    }


def test_lower_is_better_leads_are_above_zero_all_the_same():
    good, odd, random, centre = rows_of("m", "deletion", Deletion(), lines())
    assert [good.method, odd.method, random.method, centre.method] == ["good", "odd", "random", "centre"]
    assert good.rival == "random"
    assert good.lead == pytest.approx((0.2, 0.2, 0.2))
    assert (good.verdict, odd.verdict, random.verdict) == ("yes", "cannot tell", "")
    assert (odd.undefined, odd.images, odd.score.mean) == (1, 10, pytest.approx(0.3))


def test_the_winner_of_a_comparison():
    those = lines()
    rows = rows_of("m", "deletion", Deletion(), those)
    (one,) = comparisons(rows, [line for found in those.values() for line in found], {"deletion": "lower"})
    assert (one.names, one.winner, one.images) == (("good", "odd"), ("m", "good"), 9)
    assert one.difference == pytest.approx((-0.2, -0.2, -0.2))


def test_pooled_is_of_all_pixels_of_all_images():
    counts = Counts(1, 0, 1, 8), Counts(4, 4, 0, 2)
    found = [Line("m", "a", str(place), {"iou": 0.5}, {"iou": one}) for place, one in enumerate(counts)]
    (row,) = rows_of("m", "iou", IoU(), {"a": found})
    assert row.pooled.mean == 0.5
    assert row.lead is None


def test_a_line_is_itself_again_from_json():
    line = Line("m", "a", "line\u2028end", {"x": math.nan, "y": 0.1}, {"y": Counts(1, 2, 3, 4)}, {"y": ((0.0, 0.5),)})
    import json

    again = Line.of(json.loads(line.as_json()))
    assert math.isnan(again.scores["x"])
    assert (again.image, again.counts, again.curves) == (line.image, line.counts, line.curves)
