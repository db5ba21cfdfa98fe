"""A killed evaluation goes on where it was; a folder holds scores of one question."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vitxplain import evaluate
from vitxplain.cli.main import app
from vitxplain.errors import OutputError, UsageError
from vitxplain.evaluation.scoring.map_scores import read
from vitxplain.files.writer_lock import writer_lock

ASKED: dict[str, Any] = {
    "methods": ["grad-cam", "cam"],
    "metrics": ["average-precision", "f1"],
    "limit": 8,
    "batch_size": 3,
}
SMALL: dict[str, Any] = {"methods": "cam", "metrics": "entropy", "limit": 4, "batch_size": 2}
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["vitxplain.evaluation.run"])


def _killed(out: str, after: int) -> None:
    """Evaluates, and dies while it writes the scores of image number `after`: half a line is on the disk."""
    import torch

    from vitxplain.evaluation.scoring.store import Store

    torch.set_num_threads(1)
    add, images = Store.add, []

    def adding(self: Store, lines: Any) -> None:
        images.append(lines)
        if len(images) == after:
            self._file._file.write(lines[0].as_json()[:50].encode())
            self._file._file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        add(self, lines)

    Store.add = adding
    evaluate("demo-cnn", "digits", out=out, **ASKED)


@pytest.mark.parametrize("after", [5])
def test_killed_and_run_again(tmp_path: Path, after: int):
    process = PROCESSES.Process(target=_killed, args=(str(tmp_path), after))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert len(read(tmp_path)) == (after - 1) * 6
    again = evaluate("demo-cnn", "digits", out=tmp_path, **ASKED)
    undisturbed = evaluate("demo-cnn", "digits", **ASKED)
    assert again.records() == undisturbed.records()
    keys = [tuple(json.loads(line)[key] for key in ("method", "image")) for line in _lines(tmp_path)]
    assert len(keys) == len(set(keys)) == 8 * 6  # nothing was scored twice


def test_run_once_more_scores_nothing_and_another_metric_adds_itself(tmp_path: Path):
    first = evaluate("demo-cnn", "digits", out=tmp_path, **ASKED)
    size = len(_lines(tmp_path))
    assert evaluate("demo-cnn", "digits", out=tmp_path, **ASKED).records() == first.records()
    assert len(_lines(tmp_path)) == size
    both = evaluate("demo-cnn", "digits", out=tmp_path, **{**ASKED, "metrics": ["f1", "entropy"]})
    assert list(both.metrics) == ["f1", "entropy"]
    assert [json.loads(line)["scores"].keys() for line in _lines(tmp_path)[size:]] == [{"entropy"}] * 48


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"limit": 6}, "scores of 8 images of digits (test); now it is 6 images of digits (test)"),
        ({"data_options": {"seed": "3"}}, "other images under the same names"),
        (
            {"metric_options": {"f1.threshold": "otsu"}},
            "images=100, certainty=0.0); now it is F1(threshold='otsu'",
        ),
        (
            {"options": {"grad-cam.relu": "true"}},
            "GradCAM(layer=None, relu=False); now it is GradCAM(layer=None, relu=True",
        ),
    ],
)
def test_other_questions_are_refused(tmp_path: Path, change: dict, said: str):
    evaluate("demo-cnn", "digits", out=tmp_path, **ASKED)
    if "data_options" in change:
        from vitxplain.data.synthetic.digits import Digits

        call = {key: value for key, value in ASKED.items() if key != "limit"}
        other: tuple = (Digits(seed=3, count=8),)
    else:
        call, other = {**ASKED, **change}, ("digits",)
    with pytest.raises(UsageError) as refused:
        evaluate("demo-cnn", *other, out=tmp_path, **call)
    assert said in str(refused.value)
    assert "--overwrite" in str(refused.value)
    evaluate("demo-cnn", *other, out=tmp_path, overwrite=True, **call)


def test_two_evaluations_do_not_share_a_folder(tmp_path: Path):
    with writer_lock(tmp_path), pytest.raises(UsageError, match=f"process {os.getpid()} .*is writing into {tmp_path}"):
        evaluate("demo-cnn", "digits", out=tmp_path, **ASKED)


def test_a_folder_that_is_removed_is_named_and_not_made_again(tmp_path: Path):
    out = tmp_path / "out"
    with pytest.raises(OutputError, match=f"the folder {out} was removed"):
        evaluate("demo-cnn", "digits", out=out, progress=lambda _: out.exists() and shutil.rmtree(out), **SMALL)
    assert not out.exists()


def test_lines_that_cannot_be_read_are_scored_again(tmp_path: Path):
    first = evaluate("demo-cnn", "digits", out=tmp_path, **SMALL)
    file = tmp_path / "scores-0.jsonl"
    *whole, last = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(whole[1:]) + b'{"model": 3}\n' + bytes(300) + b"\n" + last[:40])
    with pytest.warns(UserWarning, match=r"scores-0.jsonl: 1 line is damaged; those maps are scored again"):
        again = evaluate("demo-cnn", "digits", out=tmp_path, **SMALL)
    for row, same in zip(again.records(), first.records(), strict=True):
        assert row == pytest.approx(same, abs=1e-5)


@pytest.mark.parametrize(("name", "content"), [("asked.json", "[1]"), ("asked.json", '{"preset": null}')])
def test_a_note_of_another_kind_is_named(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=f"{name} is not what an evaluation wrote"):
        evaluate("demo-cnn", "digits", out=tmp_path, **SMALL)


@pytest.mark.slow
def test_two_processes_give_the_table_of_one(tmp_path: Path):
    options = [
        "evaluate",
        "--model",
        "demo-cnn,demo-vit",
        "--methods",
        "grad-cam",
        "--limit",
        "7",
        "--metrics",
        "average-precision,iou",
        "-o",
        "iou.threshold=best",
        "-o",
        "iou.images=7",
        "--json",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}

    launcher = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1"]
    launcher += ["--mixed_precision=no", "--dynamo_backend=no", "-m", "vitxplain"]
    command = [sys.executable, *launcher, *options, "--out", str(tmp_path / "two")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "two").glob("scores-*.jsonl"))) == 2
    alone = CliRunner().invoke(app, [*options, "--out", str(tmp_path / "one")])
    assert alone.exit_code == 0, alone.stderr
    two, one = (json.loads(said[said.index("{") :].splitlines()[0]) for said in (done.stdout, alone.stdout))
    assert len(two["rows"]) == len(one["rows"])
    for row, same in zip(two["rows"], one["rows"], strict=True):
        assert row == pytest.approx(same, abs=1e-5)


def _lines(folder: Path) -> list[str]:
    return [line for file in sorted(folder.glob("scores-*.jsonl")) for line in file.read_text().splitlines()]
