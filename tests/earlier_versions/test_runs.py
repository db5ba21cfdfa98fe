"""Trainings, searches and tests of an earlier version: opened, continued, repeated."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file

from tests.cli.conftest import Said
from vitxplain import load_model

CLOSE = {"rtol": 0.0, "atol": 1e-5}  # other processors, other roundings


def draws_alike() -> bool:
    """Whether torch draws a new model's weights from a seed as it did then; torch 2.8 draws others."""
    drawn = []
    for draw in (torch.nn.init.trunc_normal_, torch.nn.init.normal_):  # the same but for values that are cut off
        generator = torch.Generator().manual_seed(0)
        drawn.append(draw(torch.empty(5), std=0.02, generator=generator))
    return torch.equal(*drawn)


def states(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def covers(new: Any, old: Any) -> bool:
    """Whether all that stood there stands there still; options that came later may stand beside it."""
    if isinstance(old, dict):
        return all(key in new and covers(new[key], value) for key, value in old.items())
    return bool(new == old)


def rows(run: Path) -> dict[tuple[str, str], dict[str, float]]:
    with (run / "metrics.csv").open() as file:
        numbers = ("epoch", "loss", "accuracy", "learning_rate")
        return {
            (row["step"], row["split"]): {name: float(row[name]) for name in numbers if row[name]}
            for row in csv.DictReader(file)
        }


def assert_close(run: Path, other: Path, weights: str) -> None:
    ours, theirs = load_file(run / weights), load_file(other / weights)
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value, **CLOSE)


def assert_ended_alike(run: Path, other: Path) -> None:
    """The same weights, the same figures at the end and the same files."""
    for weights in ("model/model.safetensors", "checkpoints/checkpoint-5/model.safetensors"):
        assert_close(run, other, weights)
    ours, theirs = (json.loads((folder / "result.json").read_text("utf-8")) for folder in (run, other))
    assert ours.keys() == theirs.keys()
    assert (ours["step"], ours["best_step"]) == (theirs["step"], theirs["best_step"])
    assert ours["metrics"].keys() == theirs["metrics"].keys()
    for split, figures in theirs["metrics"].items():
        assert ours["metrics"][split] == pytest.approx(figures, abs=1e-5)
    names = {path.relative_to(other) for path in other.rglob("*") if "test" not in path.relative_to(other).parts}
    added = {Path("model/curves.png")}  # the picture of the model card
    assert {path.relative_to(run) for path in run.rglob("*")} == names | added


def test_an_interrupted_run_goes_on_to_the_same_end(earlier: Path, vitx: Callable[..., Said], one_thread: None):
    run = earlier / "interrupted"
    before, config = rows(run), yaml.safe_load((run / "config.yaml").read_text())
    said = vitx("train", "--resume", "--out", "interrupted", "--device", "cpu")
    assert said.code == 0
    assert_ended_alike(run, earlier / "run")
    after, whole = rows(run), rows(earlier / "run")
    assert {key: after[key] for key in before} == before
    for key in whole.keys() - {("4", "train"), ("5", "train")}:  # means over other steps than in one go
        assert after[key] == pytest.approx(whole[key], abs=1e-5)
    resumed = yaml.safe_load((run / "config.yaml").read_text())
    assert covers(resumed | {"versions": {}}, config | {"versions": {}})


def test_a_finished_run_is_finished(earlier: Path, vitx: Callable[..., Said]):
    before = states(earlier / "run")
    said = vitx("train", "--resume", "--out", "run", "--device", "cpu")
    assert said.code == 0
    assert "run is finished: there is nothing to resume." in said.out + said.err
    assert states(earlier / "run") == before


@pytest.mark.skipif(not draws_alike(), reason="this torch draws other weights from the same seed")
def test_a_run_is_a_configuration_of_the_same_run(earlier: Path, vitx: Callable[..., Said], one_thread: None):
    said = vitx("train", "--config", "run", "--out", "again", "--device", "cpu", "--quiet")
    assert (said.code, said.out) == (0, "")
    assert_ended_alike(earlier / "again", earlier / "run")


def test_other_options_are_still_refused(earlier: Path, vitx: Callable[..., Said]):
    before = states(earlier / "interrupted")
    said = vitx("train", "--resume", "--out", "interrupted", "-o", "learning_rate=0.5", "--device", "cpu")
    assert said.code == 2
    assert "learning_rate is 0.5 now, but the run was started with 0.001" in said.err
    assert states(earlier / "interrupted") == before


@pytest.mark.parametrize("name", ["run", "run/model", "cut", "search/trials/001"])
def test_models_open_and_answer_as_before(earlier: Path, expected: dict[str, Any], name: str):
    model = load_model(name, device="cpu")
    assert [model.labels[index] for index in range(10)] == list("0123456789")
    with Image.open("00000.png") as image, torch.no_grad():
        logits = model.logits(model.processor([image.convert("RGB")]))[0]
    torch.testing.assert_close(logits, torch.tensor(expected["logits"][name.removesuffix("/model")]), **CLOSE)


def test_a_cut_network_learns_on(earlier: Path, vitx: Callable[..., Said]):
    options = ("-o", "steps=1", "-o", "data.size=24x24", "-o", "watch_every=0")
    given = ("--model", "cut", "--data", "digits", "--limit", 20, "--out", "more", *options)
    assert vitx("train", *given, "--device", "cpu").code == 0
    manifests = [
        json.loads(Path(folder, "vitxplain.json").read_text("utf-8")) for folder in ("cut", Path("more", "model"))
    ]
    assert manifests[0] == manifests[1]


def test_a_search_goes_on(earlier: Path, vitx: Callable[..., Said]):
    table, first = earlier / "search" / "trials.csv", states(earlier / "search" / "trials" / "001")
    before = table.read_text().splitlines()
    assert vitx("tune", "--resume", "--out", "search", "--trials", 1, "--device", "cpu").code == 0
    assert table.read_text().splitlines() == before
    assert vitx("tune", "--resume", "--out", "search", "--trials", 2, "--device", "cpu").code == 0
    after = table.read_text().splitlines()
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    assert after[-1].startswith("2,complete,")
    assert states(earlier / "search" / "trials" / "001") == first
    assert load_model("search/trials/002", device="cpu").labels[7] == "7"


def test_the_same_test_gives_the_same_figures(earlier: Path, vitx: Callable[..., Said]):
    file = earlier / "run" / "test" / "digits-test-8" / "test.json"
    before = json.loads(file.read_text("utf-8"))
    assert vitx("test", "--model", "run", "--limit", 8, "--worst", 0, "--device", "cpu").code == 0
    after = json.loads(file.read_text("utf-8"))
    assert after.keys() == before.keys()
    assert after["loss"] == pytest.approx(before["loss"], abs=1e-5)
    for name in before.keys() - {"loss", "versions"}:
        assert after[name] == before[name], name
