"""One metric with several choices: rows of their own, and a line where they rank the methods differently."""

from pathlib import Path

import pytest

from vitxplain import evaluate
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.comparison import comparisons
from vitxplain.evaluation.table.method_scores import method_scores
from vitxplain.evaluation.table.notes import disagreements
from vitxplain.evaluation.table.rows import rows_of
from vitxplain.metrics.base import Metric
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.max_sensitivity import MaxSensitivity


def told(scores: dict[str, dict[str, float]]) -> tuple[str, ...]:
    """What is said of these mean scores, by metric and method, over nine images that differ a little."""
    metrics: dict[str, Metric] = {name: Deletion() for name in scores}
    lines = {
        method: [
            MapScores("m", method, str(image), {name: those[method] + image / 100 for name, those in scores.items()})
            for image in range(9)
        ]
        for method in next(iter(scores.values()))
    }
    every = method_scores(line for those in lines.values() for line in those)
    by_method = {one.method: one for one in every}
    rows = [row for name, metric in metrics.items() for row in rows_of("m", name, metric, by_method)]
    return disagreements(rows, comparisons(rows, every, dict.fromkeys(metrics, "lower")), metrics)


def test_two_orders_are_told_with_the_pairs_decided_both_ways():
    (said,) = told({"deletion:zero": {"a": 0.1, "b": 0.2, "c": 0.9}, "deletion:blur": {"a": 0.3, "b": 0.2, "c": 0.9}})
    assert said == (
        "m: deletion ranks the methods differently. deletion:zero: a > b > c; deletion:blur: b > a > c. "
        "By more than chance both ways: a and b."
    )


def test_one_order_needs_no_words():
    assert told({"deletion:zero": {"a": 0.1, "b": 0.2}, "deletion:blur": {"a": 0.3, "b": 0.7}}) == ()
    assert told({"deletion:zero": {"a": 0.1, "b": 0.2}}) == ()


def test_both_baselines_are_rows_of_one_table(tmp_path: Path):
    asked = {"methods": "grad-cam,cam".split(","), "metrics": "deletion", "limit": 3}
    both = {"deletion.baseline": "zero,blur", "steps": "3"}
    found = evaluate("demo-cnn", "digits", metric_options=both, out=tmp_path, **asked)
    assert list(found.metrics) == ["deletion:zero", "deletion:blur"]
    one = evaluate("demo-cnn", "digits", metric_options={"baseline": "blur", "steps": "3"}, **asked)
    blurred = {row.method: row.score.mean for row in found if row.metric == "deletion:blur"}
    alone = {row.method: row.score.mean for row in one}
    assert blurred == pytest.approx(alone, rel=1e-6)  # images pass in other batches there
    assert {path.name for path in found.save(tmp_path)} >= {"scores.png", "curves.png"}


def test_controls_are_not_compared_where_ignoring_the_image_wins(tmp_path: Path):
    found = evaluate("demo-cnn", "digits", "grad-cam", MaxSensitivity(samples=1), limit=2)
    assert {row.verdict for row in found} == {""}
    assert {row.method: row.score.mean for row in found}["random"] == 0
    found.save(tmp_path)
    said = "max-sensitivity: a map that does not look at the image does best, so controls are not compared."
    assert f"- {said}" in (tmp_path / "evaluation.md").read_text()
    assert found.notes == (said, "2 images are few: intervals of so few are too narrow.")
