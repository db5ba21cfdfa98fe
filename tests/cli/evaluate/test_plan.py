"""vitx evaluate: which folder results go to, and what may share one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

FAST = ("--limit", 2, "--metrics", "iou", "--methods", "grad-cam")


def test_other_options_have_another_folder(vitx: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for options in ((), ("-o", "iou.threshold=otsu"), ("-o", "relu=true", "-o", "data.size=64")):
        said = vitx("evaluate", "--model", "demo-cnn", *FAST, *options, "--quiet")
        assert said.code == 0, said.err
    assert {path.name for path in (tmp_path / "vitx-out" / "evaluate").iterdir()} == {
        "demo-cnn-digits-test-2",
        "demo-cnn-digits-test-iou.threshold-otsu-2",
        "demo-cnn-digits-test-relu-true-size-64-2",
    }


def test_a_folder_of_other_models_is_refused_and_more_models_are_added(vitx: Callable[..., Said], tmp_path: Path):
    asked = (*FAST, "--out", tmp_path)
    assert vitx("evaluate", "--model", "demo-vit", *asked).code == 0
    page = (tmp_path / "evaluation.md").read_bytes()
    said = vitx("evaluate", "--model", "demo-cnn", *asked)
    assert said.code == 2
    assert (
        f"{tmp_path} holds scores of demo-vit; now it is demo-cnn alone, whose tables would take their place. "
        "Give another folder with --out, or --overwrite to forget them."
    ) in said.err
    assert (tmp_path / "evaluation.md").read_bytes() == page
    (facts,) = vitx("evaluate", "--model", "demo-vit,demo-cnn", *asked, "--json").json
    assert {row["model"] for row in facts["rows"]} == {"demo-vit", "demo-cnn"}
    assert vitx("evaluate", "--model", "demo-cnn", *asked, "--overwrite").code == 0
    assert json.loads((tmp_path / "asked.json").read_text())["models"].keys() == {"demo-cnn"}


def test_how_well_each_model_knows_the_images_stands_below_the_header(vitx: Callable[..., Said], tmp_path: Path):
    said = vitx("evaluate", "--model", "demo-cnn", *FAST, "--out", tmp_path)
    header, answer = said.out.splitlines()[:2]
    assert header == "demo-cnn on digits (test), 2 images"
    assert answer.startswith("demo-cnn: right on 100 % [34 %, 100 %], gives the explained class ")
    said = vitx("evaluate", "--model", "demo-cnn", "--data", "digits,defects", *FAST, "--out", tmp_path / "both")
    assert said.out.count("demo-cnn: ") >= 2
    note = "demo-cnn names none of the classes of defects (good, defect)"
    assert note in said.out
    assert note in (tmp_path / "both" / "table.md").read_text()
    assert note in (tmp_path / "both" / "defects" / "evaluation.md").read_text()
