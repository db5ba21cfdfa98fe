"""evaluate(): what is in the table, and what is counted beside it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.odd_methods import Constant, Raising
from tests.evaluation.small_models import small_cnn
from vitxplain import evaluate
from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import DataError, UnsupportedModelError, UsageError
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.maps.map_source import ControlMaps
from vitxplain.evaluation.regions.map_request import plain_request
from vitxplain.metrics.average_precision import average_precision
from vitxplain.metrics.controls import CONTROLS

FAST = ("average-precision", "pointing-game", "f1")


class WithoutMasks(DataSet):
    name, split, labels = "bare", "test", tuple("0123456789")

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Sample:
        sample = load_data("digits", limit=2)[index]
        return Sample(sample.image, sample.label, sample.name)


def test_every_table_has_the_controls_and_says_what_beats_them():
    found = evaluate(["demo-vit", "demo-cnn"], "digits", ["auto", "grad-cam"], FAST, limit=6)
    for model, methods in {"demo-vit": ["affinity-attention", "grad-cam"], "demo-cnn": ["grad-cam"]}.items():
        for metric in FAST:
            rows = [row for row in found if (row.model, row.metric) == (model, metric)]
            assert sorted(row.method for row in rows) == sorted([*methods, *CONTROLS])
            assert [row.control for row in rows] == [False] * len(methods) + [True] * len(CONTROLS)
            best = max((row for row in rows if row.control), key=lambda row: row.score.mean)
            for row in rows[: len(methods)]:
                assert row.rival == best.method
                assert row.lead.mean == pytest.approx(row.score.mean - best.score.mean)
                assert row.lead.low <= row.lead.mean <= row.lead.high
                assert row.images == 6
    assert {row.pooled is None for row in found if row.metric == "f1"} == {False}
    assert {row.pooled is None for row in found if row.metric != "f1"} == {True}
    between = [one for one in found.comparisons if one.first[0] != one.second[0]]
    assert [one.metric for one in between] == list(FAST)


def test_scores_are_those_of_explain():
    from vitxplain import explain

    data = load_data("digits", limit=3)
    found = evaluate("demo-cnn", data, "grad-cam", "average-precision")
    lines = [line for line in found.map_scores if line.method == "grad-cam"]
    for line, sample in zip(lines, data, strict=True):
        heat = explain("demo-cnn", sample.image, "grad-cam").heatmap()
        assert line.image == sample.name
        assert line.scores["average-precision"] == pytest.approx(average_precision(heat, sample.mask), abs=1e-5)


def test_constant_maps_are_counted_and_a_method_that_fails_does_not_stop_the_others(tmp_path: Path):
    found = evaluate("demo-cnn", "digits", [Constant(), Raising(), "grad-cam"], ["precision", "recall"], limit=4)
    constant = next(row for row in found if (row.method, row.metric) == ("constant", "precision"))
    assert (constant.constant, constant.undefined, constant.images) == (4, 4, 4)
    assert math.isnan(constant.score.mean)
    assert constant.verdict == "cannot tell"
    assert not [row for row in found if row.method == "raising"]
    (said,) = sentences(found.failures)
    assert said.startswith("demo-cnn, raising: ")
    assert "out of ideas (4 images: digits/test/00000, digits/test/00001, digits/test/00002 and 1 more)" in said
    assert next(row for row in found if row.method == "grad-cam").constant == 0
    found.save(tmp_path)
    (row,) = [row for row in json.loads((tmp_path / "evaluation.json").read_text())["rows"] if row["constant"]][:1]
    assert row["score"] is None
    assert "| constant | – |" in (tmp_path / "evaluation.md").read_text()


def test_a_method_that_fits_one_model_only_is_named_for_the_other():
    found = evaluate(["demo-vit", "demo-cnn"], "digits", ["rollout", "cam"], "pointing-game", limit=2)
    assert {(row.model, row.method) for row in found if not row.control} == {
        ("demo-vit", "attention-rollout"), ("demo-cnn", "cam")
    }  # fmt: skip
    assert not found.failures
    assert [note.partition(":")[0] for note in found.left_out] == [
        "cam is left out of demo-vit", "attention-rollout is left out of demo-cnn"
    ]  # fmt: skip
    with pytest.raises(UnsupportedModelError, match="attention-rollout needs"):
        evaluate("demo-cnn", "digits", "rollout", "pointing-game", limit=2)


def test_metrics_that_the_data_do_not_allow():
    found = evaluate(
        "demo-cnn", WithoutMasks(), "auto", ["all"], metric_options={"steps": 2, "samples": 1, "stages": 1}
    )
    assert "average-precision" not in found.metrics
    assert {"deletion", "sparseness"} <= set(found.metrics)
    assert any(said.startswith("average-precision is left out: ") for said in found.left_out)
    assert {"average-precision", "iou"} <= found.metrics_left_out.keys()
    assert found.not_tested.metrics == ()
    with pytest.raises(DataError, match="iou needs to know where the object is"):
        evaluate("demo-cnn", WithoutMasks(), "auto", ["all", "iou"])


def test_what_is_no_map_is_refused():
    with pytest.raises(UsageError, match="head-distance: gives no map of the image"):
        evaluate("demo-vit", "digits", "head-distance", limit=2)
    assert (
        "head-distance"
        not in evaluate("demo-vit", "digits", "all", "entropy", limit=2).fingerprint["methods"]["demo-vit"]
    )


def test_of_few_images_nothing_can_be_told():
    found = evaluate("demo-cnn", "digits", "grad-cam", "average-precision", limit=2)
    assert next(iter(found)).verdict == "cannot tell"


def test_curves_begin_and_end_where_they_must():
    found = evaluate("demo-cnn", "digits", "grad-cam", "deletion", limit=2, metric_options={"steps": 4})
    for line in found.map_scores:
        curve = np.array(line.curves["deletion"])
        assert curve[[0, -1], 0].tolist() == [0, 1]
        assert line.scores["deletion"] == pytest.approx(np.trapezoid(curve[:, 1], curve[:, 0]), abs=1e-5)
    ends = {
        line.image: {one.curves["deletion"][-1] for one in found.map_scores if one.image == line.image}
        for line in found.map_scores
    }
    assert {len(values) for values in ends.values()} == {1}


def test_cost_is_beside_a_plain_pass():
    (cost,) = evaluate("demo-cnn", "digits", "grad-cam", "entropy", limit=2, cost=True).costs
    assert cost.flops >= cost.forward_flops > 1e8
    assert 0.8 < cost.ratio < 20
    assert cost.parameters == 678_058


def test_controls_are_blind():
    sample = load_data("digits", limit=1)[0]
    maps = ControlMaps(CONTROLS, None).maps(list(CONTROLS), [plain_request(sample)])
    assert {made.heat.shape for (made,) in maps.values()} == {(60, 60)}


def test_an_image_is_told_and_kept_before_the_next_of_its_batch_is_scored(tmp_path: Path):
    data, after = load_data("digits", limit=3), list[tuple[int, int]]()

    def progress(count: int) -> None:
        lines = (tmp_path / "scores-0.jsonl").read_text().splitlines()
        after.append((count, len({json.loads(line)["image"] for line in lines})))

    model = small_cnn(data.labels, data)
    evaluate(model, data, "grad-cam", ["deletion"], batch_size=3, out=tmp_path, progress=progress)
    assert after == [(1, 1), (1, 2), (1, 3)]
    after.clear()
    evaluate(model, data, "grad-cam", ["deletion"], batch_size=3, out=tmp_path, progress=progress)
    assert after == [(3, 3)]
