"""The verdict on scores whose differences are known."""

import math
from collections.abc import Mapping, Sequence

from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.comparison import comparisons
from vitxplain.evaluation.table.method_scores import method_scores
from vitxplain.evaluation.table.rows import rows_of
from vitxplain.evaluation.table.standings import standings
from vitxplain.evaluation.table.verdicts import Verdict, verdicts
from vitxplain.metrics.base import Metric
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.entropy import Entropy
from vitxplain.metrics.insertion import Insertion
from vitxplain.metrics.max_sensitivity import MaxSensitivity

METRICS: dict[str, Metric] = {"insertion": Insertion(), "deletion": Deletion()}
CENTRE = {"centre": {"insertion": [0.5], "deletion": [0.5]}}
WAVERS = [0.3, 0.7]  # around the centre's 0.5: image by image no difference


def verdict_on(
    scores: Mapping[str, Mapping[str, Sequence[float]]], images: int = 20, metrics: Mapping[str, Metric] = METRICS
) -> tuple[Verdict, dict[tuple[str, str, str], str]]:
    """Of a model; scores are repeated until there is one for each image."""
    lines = [
        MapScores("m", method, str(image), {name: of[name][image % len(of[name])] for name in of}, control=control)
        for part, control in ((scores, False), (CENTRE, True))
        for method, of in part.items()
        for image in range(images)
    ]
    methods = method_scores(lines)
    named = {method.method: method for method in methods}
    rows = [row for name, metric in metrics.items() for row in rows_of("m", name, metric, named)]
    compared = comparisons(rows, methods, {name: metric.better for name, metric in metrics.items()})
    standing_of = standings(rows, compared)
    (verdict,) = verdicts(rows, standing_of, metrics, "digits")
    return verdict, dict(standing_of)


GOOD = {"insertion": [0.8], "deletion": [0.2]}
WORSE = {"insertion": [0.6], "deletion": [0.4]}
BLIND = {"insertion": [0.1], "deletion": [0.9]}


def test_the_best_is_taken_and_who_loses_to_a_control_is_named():
    verdict, standing_of = verdict_on({"bad": BLIND, "good": GOOD, "fair": WORSE})
    assert verdict.method == "good"
    assert str(verdict) == (
        "m on digits: take good, which is best or tied on 2 of 2 metrics and beats the controls on 2 of 2. "
        "bad loses to a control on 2 of 2 metrics (centre)."
    )
    assert standing_of == {("m", "good", "insertion"): "best", ("m", "good", "deletion"): "best"}
    of_few, _ = verdict_on({"bad": BLIND, "good": GOOD}, images=8)
    assert str(of_few).startswith(
        "m on digits: good looks best so far: it is best or tied on 2 of 2 metrics and beats the controls on 2 of 2, "
        "by 8 images, which are few. bad loses"
    )


def test_who_cannot_be_told_from_the_best_is_tied():
    even = {"insertion": [0.7, 0.88], "deletion": [0.2]}  # by insertion 0.01 behind, now above and now below
    verdict, standing_of = verdict_on({"good": GOOD, "even": even, "fair": WORSE})
    assert str(verdict).endswith("beats the controls on 2 of 2; even does as well.")
    assert standing_of["m", "even", "insertion"] == "tied"
    assert ("m", "fair", "insertion") not in standing_of


def test_methods_that_nothing_tells_apart():
    even = {"insertion": [0.7, 0.9], "deletion": [0.1, 0.3]}
    assert str(verdict_on({"good": GOOD, "even": even})[0]) == (
        "m on digits: 20 images do not tell good and even apart on any of 2 metrics; "
        "good and even each beat the controls on 2 of 2."
    )
    few = verdict_on({"good": GOOD, "even": even}, 12)[0]
    assert few.method is None
    assert str(few).startswith("m on digits: 12 images are too few to tell good and even apart on any of 2 metrics;")
    none = verdict_on({"good": GOOD, "bad": BLIND}, 4)[0]
    assert str(none) == "m on digits: 4 images are too few to tell anything, a verdict takes 5."


def test_none_is_taken_where_none_beats_the_controls():
    unsure = {"insertion": WAVERS, "deletion": WAVERS}
    verdict, standing_of = verdict_on({"unsure": unsure, "bad": BLIND})
    assert verdict.method is None
    assert str(verdict) == (
        "m on digits: take none, 20 images do not show one that beats the controls on any of 2 metrics. "
        "bad loses to a control on 2 of 2 metrics (centre)."
    )
    assert standing_of["m", "unsure", "insertion"] == "best"
    assert not verdict_on({"bad": BLIND, "worse": {"insertion": [0.0], "deletion": [1.0]}})[1]


def test_an_only_method_is_held_against_the_controls_alone():
    verdict, standing_of = verdict_on({"good": {"insertion": [0.8], "deletion": [0.9]}})
    assert (verdict.method, standing_of) == (None, {})
    assert str(verdict) == (
        "m on digits: good is the only method and beats the controls on 1 of 2. "
        "good loses to a control on 1 of 2 metrics (centre)."
    )


def test_metrics_that_cannot_speak_for_a_method_do_not_count():
    metrics = {"insertion": Insertion(), "entropy": Entropy(), "max-sensitivity": MaxSensitivity()}
    scores = {"entropy": [0.1], "max-sensitivity": [0.0]}
    undefined = {"insertion": [math.nan], "entropy": [0.1], "max-sensitivity": [0.0]}
    verdict = verdict_on({"good": {"insertion": [0.8], **scores}, "undefined": undefined}, metrics=metrics)[0]
    assert (verdict.metrics, verdict.controlled, verdict.method) == (("insertion",), ("insertion",), "good")
    assert verdict.record()["methods"][1] == {
        "method": "undefined", "best_or_tied": (), "beats_controls": (), "loses_to_controls": (), "controls": (),
    }  # fmt: skip


def test_many_methods_are_counted_after_the_first():
    bad = {f"bad{number}": BLIND for number in range(6)}
    text = str(verdict_on({"good": GOOD, **bad})[0])
    assert text.count("loses to a control") == 3
    assert text.endswith("; 3 more.")
