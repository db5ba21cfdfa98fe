"""Evaluations of an earlier version: asked the same again they take what is there, and stopped ones go on."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Said
from tests.earlier_versions.make import EVALUATE, MAPS
from vitxplain import evaluate

KINDS = ("model", "method", "metric", "better", "images", "control", "beats_controls", "best_control")


def table(folder: Path) -> dict[tuple[str, ...], dict[str, str]]:
    with (folder / "evaluation.csv").open() as file:
        return {(row["model"], row["method"], row["metric"]): row for row in csv.DictReader(file)}


def lines(folder: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    """By what they are about; no line may be there twice."""
    read = [json.loads(line) for line in (folder / "scores-0.jsonl").read_text("utf-8").splitlines()]
    by_map = {(line["model"], line["method"], line["image"]): line for line in read}
    assert len(by_map) == len(read)
    return by_map


def assert_same_table(ours: dict[tuple[str, ...], dict[str, str]], theirs: dict[tuple[str, ...], dict[str, str]]):
    assert ours.keys() == theirs.keys()
    for key, row in theirs.items():
        assert {name: ours[key][name] for name in KINDS} == {name: row[name] for name in KINDS}
        for name in ("score", "low", "high", "pooled", "threshold"):
            assert (ours[key][name] == "") == (row[name] == "")
            assert float(ours[key][name] or 0) == pytest.approx(float(row[name] or 0), abs=1e-4), (key, name)


def evaluated(out: str) -> None:
    """What EVALUATE asks, without tables and pictures."""
    evaluate(
        ["demo-vit", "run"],
        "digits",
        ["rollout", "gradient-attention"],
        ["pointing-game", "insertion", "iou"],
        metric_options={"iou.threshold": "best", "insertion.steps": 5},
        data_options={"count": 4},
        device="cpu",
        out=out,
    )


@pytest.mark.parametrize(
    ("command", "name"), [pytest.param(EVALUATE, "evaluation", marks=pytest.mark.slow), (MAPS, "of-maps")]
)
def test_a_finished_one_is_taken_as_it_is(earlier: Path, vitx: Callable[..., Said], command: tuple, name: str):
    folder = earlier / name
    kept = {file: (folder / file).read_bytes() for file in ("scores-0.jsonl", "asked.json")}
    rows = table(folder)
    before = json.loads((folder / "evaluation.json").read_text("utf-8"))
    assert vitx(*command, "--out", name).code == 0
    assert {file: (folder / file).read_bytes() for file in kept} == kept
    after = json.loads((folder / "evaluation.json").read_text("utf-8"))
    assert after.keys() >= before.keys()
    for part in ("schema", "data", "methods", "metrics", "comparisons", "interval", "models"):
        assert after[part] == before[part], part
    for new, old in zip(after["rows"], before["rows"], strict=True):  # a later version may have more columns
        assert {key: new[key] for key in old} == old
    for key, row in table(folder).items():
        assert {column: row[column] for column in rows[key]} == rows[key]


def test_a_finished_one_is_not_scored_again(earlier: Path):
    files = ("asked.json", "scores-0.jsonl", "thresholds.json")
    before = {name: Path("evaluation", name).read_bytes() for name in files}
    evaluated("evaluation")
    assert {name: Path("evaluation", name).read_bytes() for name in files} == before


def test_a_killed_one_goes_on(earlier: Path):
    folder, whole = earlier / "killed", earlier / "evaluation"
    before = (folder / "scores-0.jsonl").read_bytes()
    finished = before[: before.rindex(b"\n") + 1]
    assert 0 < len(finished) < len(before)
    evaluated("killed")
    assert (folder / "scores-0.jsonl").read_bytes().startswith(finished)
    for name in ("asked.json", "thresholds.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()
    ours, theirs = lines(folder), lines(whole)
    assert ours.keys() == theirs.keys()
    for key, line in theirs.items():
        assert ours[key].keys() == line.keys()
        assert ours[key]["scores"] == pytest.approx(line["scores"], abs=1e-4)


@pytest.mark.slow
def test_a_killed_one_ends_in_the_same_table(earlier: Path, vitx: Callable[..., Said]):
    assert vitx(*EVALUATE, "--out", "killed").code == 0
    assert_same_table(table(earlier / "killed"), table(earlier / "evaluation"))


def test_a_metric_is_added(earlier: Path, vitx: Callable[..., Said]):
    """What is there stays; only what is new is scored."""
    folder = earlier / "of-maps"
    before, rows = (folder / "scores-0.jsonl").read_bytes(), table(folder)
    assert vitx(*MAPS, "--metric", "pointing-game", "--out", "of-maps").code == 0
    after = (folder / "scores-0.jsonl").read_bytes()
    assert after.startswith(before)
    added = [json.loads(line) for line in after[len(before) :].splitlines()]
    assert added
    assert all(line["scores"].keys() == {"pointing-game"} for line in added)
    ours = table(folder)
    assert {metric for _, _, metric in ours} == {"average-precision", "pointing-game"}
    assert_same_table({key: row for key, row in ours.items() if key in rows}, rows)


def test_another_question_is_still_refused(earlier: Path, vitx: Callable[..., Said]):
    said = vitx(*EVALUATE, "-o", "insertion.steps=7", "--out", "evaluation")
    assert said.code == 2
    assert "holds scores of" in said.err
