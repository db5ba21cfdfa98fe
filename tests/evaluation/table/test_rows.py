"""The table and the comparisons of scores that are known."""

import math
from collections.abc import Iterable

import pytest

from vitxplain.evaluation.report.cells import interval
from vitxplain.evaluation.scoring.curve_points import CurvePoints
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.comparison import Comparison, comparisons, strongest
from vitxplain.evaluation.table.method_scores import MethodScores, method_scores
from vitxplain.evaluation.table.rows import rows_of
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.intervals import Interval
from vitxplain.metrics.pixels import Counts, IoU

SCORES = {"good": [0.1] * 10, "odd": [0.3, math.nan] + [0.3] * 8, "random": [0.3] * 10, "centre": [0.5] * 10}


def by_method(found: Iterable[MapScores]) -> dict[str, MethodScores]:
    return {scores.method: scores for scores in method_scores(found)}


def lines(metric: str = "deletion") -> dict[str, MethodScores]:
    return by_method(
        MapScores("m", name, str(place), {metric: value}, control=name in ("random", "centre"))
        for name, values in SCORES.items()
        for place, value in enumerate(values)
    )


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
    (one,) = comparisons(rows, those.values(), {"deletion": "lower"})
    assert (one.names, one.winner, one.images) == (("good", "odd"), ("m", "good"), 9)
    assert one.difference == pytest.approx((0.2, 0.2, 0.2))  # lower is better: turned like leads


def test_between_models_the_better_one_is_first_and_the_model_is_named():
    found = [
        MapScores(model, method, str(place), {"deletion": value + base})
        for model, base in (("m", 0.1), ("n", 0.0))
        for method, value in (("good", 0.1), ("bad", 0.5))
        for place in range(6)
    ]
    rows = [
        row
        for model in ("m", "n")
        for row in rows_of(
            model,
            "deletion",
            Deletion(),
            by_method(line for line in found if line.model == model),
        )
    ]
    compared = comparisons(rows, method_scores(found), {"deletion": "lower"})
    assert [one.words(models=2) for one in compared] == [
        "good of n over good of m",
        "good over bad, both of m",
        "good over bad, both of n",
    ]
    assert compared[1].words(models=1) == "good over bad"
    assert [one.difference.mean for one in compared] == pytest.approx([0.1, 0.4, 0.4])


def test_each_metric_has_its_share_of_what_is_shown():
    def one(metric: str, reach: float, other: str = "m") -> Comparison:
        return Comparison(metric, "higher", (other, f"{reach}"), ("m", "b"), Interval(1, 1 - reach, 1 + reach), 9)

    first = [one("iou", reach) for reach in (0.1, 0.2, 0.3)]
    second = [one("f1", 0.5), one("f1", 0.4), one("f1", 0.9, "n")]
    assert strongest([*first, *second], 2) == [first[0], second[2]]
    assert strongest([*first, *second], 4) == [first[0], first[1], second[1], second[2]]
    assert strongest(first, 9) == first


def test_what_decides_is_not_rounded_to_zero():
    assert interval(Interval(0.06, 0.004, 0.14), signed=True, places=2) == "+0.06 [+0.004, +0.14]"
    assert interval(Interval(-0.004, -0.01, -0.0007), signed=True, places=2) == "-0.004 [-0.01, -0.0007]"
    assert interval(Interval(0.06, -0.004, 0.14), signed=True, places=2) == "+0.06 [0.00, +0.14]"
    assert interval(Interval(0.001, 0.001, 0.2), places=2) == "0.00 [0.00, 0.20]"


def test_pooled_is_of_all_pixels_of_all_images():
    counts = Counts(1, 0, 1, 8), Counts(4, 4, 0, 2)
    found = [MapScores("m", "a", str(place), {"iou": 0.5}, {"iou": one}) for place, one in enumerate(counts)]
    (row,) = rows_of("m", "iou", IoU(), by_method(found))
    assert row.pooled.mean == 0.5
    assert row.lead is None


def test_a_line_is_itself_again_from_json():
    curves = {"y": CurvePoints([(0.0, 0.5)])}
    line = MapScores("m", "a", "line\u2028end", {"x": math.nan, "y": 0.1}, {"y": Counts(1, 2, 3, 4)}, curves)
    import json

    again = MapScores.of(json.loads(line.as_json()))
    assert math.isnan(again.scores["x"])
    assert (again.image, again.counts, again.curves) == (line.image, line.counts, line.curves)
