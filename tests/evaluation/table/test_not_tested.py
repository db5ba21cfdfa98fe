"""What an evaluation says nothing about stands in its files, with the reason."""

import json
from dataclasses import replace
from pathlib import Path

from vitxplain import evaluate, registry


def test_all_methods_and_metrics_are_scored_or_named(tmp_path: Path):
    found = evaluate(["demo-vit", "demo-cnn"], "digits", "all", ["entropy", "iou"], limit=2)
    left = found.not_tested
    assert {*left.metrics, "entropy", "iou"} == registry.names("metrics").keys()
    for model, reasons in left.methods.items():
        scored = {row.method for row in found if row.model == model and not row.control}
        assert scored.isdisjoint(reasons)
        assert scored | reasons.keys() == registry.names("explainers").keys()
        assert all(reasons.values())
    assert left.methods["demo-cnn"]["raw-attention"] == "it has no attention"
    assert left.methods["demo-vit"]["patch-pca"] == "it does not say where an answer comes from"
    of_none = set(left.methods["demo-vit"]) & set(left.methods["demo-cnn"])
    assert str(left) == f"{len(left.metrics)} metrics and {len(of_none)} methods"
    found.save(tmp_path)
    page, table = (tmp_path / "report.html").read_text(), (tmp_path / "evaluation.md").read_text()
    for text in (page, table):
        assert "demo-vit without d-rise: it finds no objects or segments in an image." in text
    assert json.loads((tmp_path / "evaluation.json").read_text())["not_tested"] == left.record()


def test_what_nobody_asked_for_has_no_reason_and_a_metric_that_is_left_out_has_its_own():
    found = evaluate("demo-vit", "digits", "rollout", "entropy", limit=2)
    assert set(found.not_tested.methods["demo-vit"].values()) == {""}
    assert found.not_tested.sentences()[-1].endswith("and sampling-points: not asked for.")
    without = replace(found, metrics_left_out={"iou:otsu": "there are no masks."}).not_tested
    assert set(found.not_tested.metrics) - set(without.metrics) == {"iou"}
