"""vitx evaluate"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Said
from vitxplain.cli.shared.run_data import data_in_common
from vitxplain.models.known_models import FOLDER as DEMO_MODELS
from vitxplain.train.config.run_config import RunConfig

FAST = ("--limit", 6, "--metrics", "average-precision,iou", "--method", "grad-cam")


def test_table_and_files(vitx: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    said = vitx("evaluate", "--model", "demo-cnn,demo-vit", *FAST, "--cost", "-o", "iou.threshold=otsu")
    assert said.code == 0, said.err
    assert max(map(len, said.out.splitlines()[:-1])) <= 100
    assert "demo-cnn, demo-vit on digits (test), 6 images" in said.out
    assert said.out.count("smoothed edges  ") >= 4
    assert "6 images are few" in said.out
    assert said.out.count("  smoothed edges  ") == 2 * 3  # twice with intervals, once in the matrix, of each model
    verdicts = said.out[said.out.index("demo-cnn on digits: take none, 6 images are too few") :]
    assert "demo-vit on digits: " in verdicts
    assert "average-precision  grad-cam of demo-cnn over grad-cam of demo-vit  +" in said.out
    folder = tmp_path / "vitx-out" / "evaluate" / "demo-cnn-demo-vit-digits-test-iou.threshold-otsu-6"
    assert {path.name for path in folder.iterdir()} == {
        "asked.json", "scores-0.jsonl", "evaluation.json", "evaluation.csv", "evaluation.md", "images.csv", "cost.csv",
        "scores.png", "best-and-worst", "matrix.csv", "matrix.tex", "report.html",
    }  # fmt: skip
    assert len(list((folder / "best-and-worst").iterdir())) == 2
    written = json.loads((folder / "evaluation.json").read_text())
    assert written["metrics"]["iou"]["options"]["threshold"] == "otsu"
    assert [one["method"] for one in written["costs"]] == ["grad-cam", "grad-cam"]
    assert {one["metric"] for one in written["comparisons"]} == {"average-precision", "iou"}
    assert len((folder / "images.csv").read_text().splitlines()) == 1 + 2 * 5 * 6
    page = (folder / "evaluation.md").read_text()
    assert "## demo-vit: iou" in page
    assert "grad-cam of demo-cnn over grad-cam of demo-vit" in page
    assert "- 6 images are few" in page
    assert [f"- {one['text']}" in page for one in written["verdicts"]] == [True, True]
    assert "\\multicolumn{3}{l}{demo-vit}" in (folder / "matrix.tex").read_text()


def test_json_is_one_line_and_a_method_that_fits_one_of_the_models_is_no_error(
    vitx: Callable[..., Said], tmp_path: Path
):
    asked = ("--limit", 3, "--metrics", "entropy", "--out", tmp_path, "--model", "demo-cnn,demo-vit")
    said = vitx("evaluate", *asked, "--methods", "grad-cam,rollout", "--json")
    (facts,) = said.json
    note = "attention-rollout is left out of demo-cnn: it has no attention."
    assert (said.code, said.err) == (0, f"note: {note}\n")
    assert {(row["model"], row["method"]) for row in facts["rows"] if not row["control"]} == {
        ("demo-cnn", "grad-cam"), ("demo-vit", "grad-cam"), ("demo-vit", "attention-rollout")
    }  # fmt: skip
    assert (facts["left_out"], facts["failures"]) == ([note], [])


def test_a_method_that_fits_none_of_the_models_is_an_error_and_a_model_without_any_is_left_out(
    vitx: Callable[..., Said], tmp_path: Path
):
    asked = ("--limit", 2, "--metrics", "entropy", "--out", tmp_path, "--model", "demo-cnn,demo-vit")
    said = vitx("evaluate", *asked, "--methods", "rollout,cross-attention")
    assert said.code == 1
    assert "error: demo-vit, cross-attention: does not fit: " in said.err
    assert "note: demo-cnn is left out, since none of the methods fits it (attention-rollout: it has no" in said.err
    assert "demo-vit on digits, 2 images: attention-rollout: entropy " in said.err  # as soon as they are known
    assert "demo-cnn" not in said.out


def test_runs_are_scored_on_the_data_they_were_trained_on(vitx: Callable[..., Said], tmp_path: Path):
    runs = [tmp_path / name for name in ("one", "two")]
    for run in runs:
        shutil.copytree(DEMO_MODELS / "demo-cnn", run / "model")
        (run / "config.yaml").write_bytes(RunConfig("scratch", "defects", data_options={"size": (48, 48)}).as_yaml())
    both = ",".join(map(str, runs))
    asked = ("--limit", 2, "--metrics", "entropy", "--out", tmp_path / "out", "--overwrite", "--json")
    for models, data, name in (
        (both, (), "defects"),
        (both, ("--data", "defects"), "defects"),
        (both, ("--data", "digits"), "digits"),
        (f"{both},demo-cnn", (), "digits"),
    ):
        (facts,) = vitx("evaluate", "--model", models, *data, *asked).json
        assert facts["data"]["name"] == name
    assert data_in_common([str(run) for run in runs]) == ("defects", {"size": (48, 48)})
    assert data_in_common([]) is data_in_common(["demo-cnn"]) is None


def test_quiet_says_nothing(vitx: Callable[..., Said], tmp_path: Path):
    said = vitx("evaluate", "--model", "demo-cnn", "--limit", 2, "--metrics", "entropy", "--out", tmp_path, "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_maps_of_another_tool_without_a_model(vitx: Callable[..., Said], tmp_path: Path):
    (tmp_path / "peer" / "their-cam").mkdir(parents=True)
    for place in range(3):
        np.save(tmp_path / "peer" / "their-cam" / f"{place:05}.npy", np.random.default_rng(place).random((7, 7)))
    asked = ("evaluate", "--maps", tmp_path / "peer", "--metrics", "all", "--out", tmp_path / "out")
    said = vitx(*asked, "--limit", 3)
    assert said.code == 0, said.err
    assert "their-cam" in said.out
    assert "note: deletion is left out: deletion asks a model about the maps" in said.err
    said = vitx(*asked[:-1], tmp_path / "more", "--limit", 4)
    assert said.code == 1
    assert "peer, their-cam: there is no map of it. (1 image: digits/test/00003)" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--data", "digitz"), "Did you mean digits?"),
        (("--method", "rolout"), "attention-rollout"),
        (("--metrics", "deltion"), "Did you mean deletion"),
        (("-o", "stpes=3"), "did you mean steps?"),
        (("--model", "demo-cnn,demo-cnn"), "--model names demo-cnn twice"),
        (("--method", "rollout"), "attention-rollout needs attentions"),
        (("--min-score", "0.3"), "min_score is for models that find objects or segments"),
        (("--maps", "nowhere"), "there is no folder of maps at nowhere"),
    ],
)
def test_nothing_is_attempted(vitx: Callable[..., Said], tmp_path: Path, arguments: tuple, sentence: str):
    said = vitx("evaluate", "--model", "demo-cnn", "--limit", 2, "--out", tmp_path / "out", *arguments)
    assert said.code == 2
    assert sentence in said.err
    assert not (tmp_path / "out").exists()


def test_other_options_in_the_same_folder_are_refused(vitx: Callable[..., Said], tmp_path: Path):
    asked = ("evaluate", "--model", "demo-cnn", "--limit", 2, "--metrics", "iou", "--out", tmp_path)
    assert vitx(*asked).code == 0
    said = vitx(*asked, "-o", "threshold=otsu")
    assert said.code == 2
    assert "now it is IoU(threshold='otsu', level=0.5, images=100, certainty=0.0). Give another folder with" in said.err
    assert "--overwrite" in said.err
    assert vitx(*asked, "-o", "threshold=otsu", "--overwrite").code == 0


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done(tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "vitxplain",
        "evaluate",
        "--model",
        "demo-cnn",
        "--limit",
        "40",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    scores = tmp_path / "scores-0.jsonl"
    while not (scores.exists() and scores.stat().st_size):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"interrupted; scores so far are in {tmp_path}. The same command goes on from there." in err
