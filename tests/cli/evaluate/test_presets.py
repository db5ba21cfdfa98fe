"""vitx evaluate --preset, and several data sets."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Said
from vitxplain.evaluation.plan.presets import FOLDER, MODELS


def test_several_data_sets_have_a_folder_each_and_one_table(
    vitx: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "100")
    asked = ("--data", "digits,defects", "--metrics", "iou,entropy", "--limit", 3, "--out", tmp_path)
    said = vitx("evaluate", "--model", "demo-cnn", *asked, "-o", "data.hardness=0.5")
    assert said.code == 0, said.err
    assert max(map(len, said.out.splitlines()[:-1])) <= 100
    assert "demo-cnn on defects (test), 3 images" in said.out
    assert {path.name for path in tmp_path.iterdir()} == {"digits", "defects", "report.html", "table.md", "table.csv"}
    assert (tmp_path / "defects" / "evaluation.md").is_file()
    assert "Against the best control, image by image: * better by more than chance" in said.out
    assert ": report.html, table.md, table.csv; full tables: digits/evaluation.md, defects/ev" in said.out
    links = 'href="digits/report.html"', 'href="defects/report.html"'
    assert all(link in (tmp_path / "report.html").read_text() for link in links)
    said = vitx("evaluate", "--model", "demo-cnn", *asked, "-o", "data.hardness=0.5", "--json")
    assert [one["data"]["name"] for one in said.json] == ["digits", "defects"]


def test_the_folder_is_named_by_what_was_asked(
    vitx: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    said = vitx("evaluate", "--preset", "chefer", "--model", "demo-vit", "--limit", 2, "--method", "rollout")
    assert said.code == 0, said.err
    folder = tmp_path / "vitx-out" / "evaluate" / "chefer-demo-vit-digits-test-2"
    assert {"table.md", "evaluation.md"} <= {path.name for path in folder.iterdir()}
    assert json.loads((folder / "evaluation.json").read_text())["preset"] == "chefer"


def test_data_whose_classes_no_model_has_are_left_out(vitx: Callable[..., Said], tmp_path: Path):
    asked = ("evaluate", "--preset", "deepvisionxplain", "--model", "demo-cnn", "--limit", 2, "--out", tmp_path)
    said = vitx(*asked)
    assert said.code == 0, said.err
    assert said.err.count("note: defects is left out: no model has the classes of the data (good, defect)") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"digits", "report.html", "table.md", "table.csv"}
    (facts,) = vitx(*asked, "--json").json
    assert facts["left_out"][0].startswith("defects is left out: ")
    said = vitx(*asked, "--data", "defects")
    assert said.code == 2
    assert "error: defects is left out: no model has the classes of the data (good, defect)" in said.err


def test_chefer_reads_masks_of_pascal_voc(vitx: Callable[..., Said], tmp_path: Path):
    for folder in ("JPEGImages", "Annotations", "SegmentationObject"):
        (tmp_path / "voc" / folder).mkdir(parents=True)
    box = "<bndbox><xmin>11</xmin><ymin>6</ymin><xmax>30</xmax><ymax>20</ymax></bndbox>"
    for index, word in enumerate(["cat", "dog", "cat", "dog"]):
        pixels = np.random.default_rng(index).integers(0, 255, (30, 50, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "voc" / "JPEGImages" / f"{index}.jpg")
        text = f"<annotation><object><name>{word}</name>{box}</object></annotation>"
        (tmp_path / "voc" / "Annotations" / f"{index}.xml").write_text(text)
        mask = np.zeros((30, 50), np.uint8)
        mask[7:18, 12:28] = 1
        Image.fromarray(mask).save(tmp_path / "voc" / "SegmentationObject" / f"{index}.png")
    asked = ("--data", tmp_path / "voc", "-o", "data.ratio=0,0,1", "--method", "rollout", "--out", tmp_path / "out")
    said = vitx("evaluate", "--preset", "chefer", "--model", "demo-vit", *asked, "--json")
    assert said.code == 0, said.err
    (facts,) = said.json
    edges = [row for row in facts["rows"] if (row["method"], row["metric"]) == ("random", "mean-iou")]
    assert facts["data"]["images"] == 4
    assert 0.2 < edges[0]["pooled"] < 0.5


def test_missing_runs_are_an_error_of_usage(vitx: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    said = vitx("evaluate", "--preset", "deepvisionxplain")
    assert said.code == 2
    assert said.err.count("vitx train --model ") == 12
    assert "vitx train --model deit-tiny --data digits --out vitx-runs/deepvisionxplain/deit-tiny-digits" in said.err
    assert not (tmp_path / "vitx-out").exists()


SMALL_VIT = ("kind=vit", "patch_size=4", "num_hidden_layers=2", "hidden_size=24", "num_attention_heads=2")


@pytest.mark.slow
def test_six_models_on_two_data_sets_in_one_command(
    vitx: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Small stand-ins from scratch, trained for seconds each: a CNN, one that is cut, and a transformer, twice each."""
    monkeypatch.chdir(tmp_path)
    trained: dict[tuple[bool, bool, str], Path] = {}
    for name, start in MODELS.items():
        cnn, cut = "torchvision" in start, "cut_at" in start
        for data in ("digits", "defects"):
            place = FOLDER / f"{name}-{data}"
            if (cnn, cut, data) in trained:
                shutil.copytree(trained[cnn, cut, data], place)
                continue
            trained[cnn, cut, data] = place
            options = ["model.kind=cnn"] if cnn else [f"model.{one}" for one in SMALL_VIT]
            options += ["steps=12", "batch_size=8", "watch_every=0", *(["cut_at=stages.1"] if cut else [])]
            typed = [word for option in options for word in ("-o", option)]
            said = vitx("train", "--model", "scratch", "--data", data, "--limit", 40, "--out", place, *typed, "--quiet")
            assert said.code == 0, said.err
    said = vitx("evaluate", "--preset", "deepvisionxplain", "--limit", 4)
    assert said.code == 0, said.err
    folder = tmp_path / "vitx-out" / "evaluate" / "deepvisionxplain-digits-defects-test-4"
    lines = (folder / "table.csv").read_text().splitlines()
    head, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    assert len(rows) == 2 * 6 * 5
    methods = [row for row in rows if row[3] == "0"]
    assert {row[2] for row in methods} == {"cam", "attention-rollout"}
    assert all(row[head.index("parameters")] for row in methods)
    assert all(float(row[head.index("flops")]) > 0 for row in methods)
