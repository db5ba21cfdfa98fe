"""Ctrl-C, for real: a process of its own gets the signal."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

import vitxplain
from tests.interrupted import interrupted

Started: TypeAlias = Callable[..., subprocess.Popen]

SAID = "error: interrupted; what was finished is kept, nothing is half-written.\n"
# Where Python was in the middle of code made from text, as imports make it, it ends itself by the signal in the end:
# the shell says 130 for both.
INTERRUPTED = (130, -signal.SIGINT)


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts `vitx` with these arguments; what still runs after the test is ended, so that no other test meets it."""
    processes: list[subprocess.Popen] = []

    def start(*arguments: object) -> subprocess.Popen:
        command = [sys.executable, "-m", "vitxplain", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_between_and_in_images(started: Started, place: Path, vit_folder: Path):
    """Every line printed is a result that is there, whole; nothing else is, of an image in work neither."""
    (place / "many").mkdir()
    for index in range(400):
        (place / "many" / f"{index:03}.png").write_bytes((place / "good.png").read_bytes())
    process = started("explain", "many", "--model", vit_folder, "--method", "rollout,grad-cam", "--json")
    lines = [json.loads(process.stdout.readline()) for _ in range(3)]
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode in INTERRUPTED
    assert errors == SAID
    lines += [json.loads(line) for line in rest.splitlines()]
    written = {str(path) for path in (place / "vitx-out").iterdir()}
    printed = {str(place / file) for line in lines for file in line["files"]}
    assert printed <= written
    assert len(written) < 400 * 6
    for file in written - printed:  # the last image's: its line was about to be printed
        assert file.endswith((".png", ".npz", ".json"))
    for stem in {file.rpartition(".")[0] for file in written}:
        assert {f"{stem}.{ending}" for ending in ("png", "npz", "json")} <= written
        assert np.isfinite(vitxplain.load(stem).values).all()
        with Image.open(f"{stem}.png") as picture:
            picture.load()


@pytest.mark.parametrize("module", ["numpy._core.multiarray", "torch.autograd"])
def test_while_everything_is_imported(place: Path, vit_folder: Path, module: str):
    """Also in the middle of numpy, where torch would swallow it if torch were the first to import it."""
    done = interrupted("explain", "good.png", "--model", vit_folder, by=signal.SIGINT, event="import", of=module)
    assert done.returncode in INTERRUPTED
    assert (done.stdout, done.stderr) == ("", SAID)
    assert [path.name for path in place.iterdir()] == ["good.png"]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_end_by_a_scheduler_is_that_by_ctrl_c(started: Started, place: Path, number: int, code: int):
    """An evaluation says where it goes on, and a second signal while it stops changes nothing."""
    question = ["--model", "demo-cnn", "--methods", "grad-cam", "--metrics", "deletion", "--limit", "40"]
    process = started("evaluate", *question, "--batch-size", 1, "--out", "scores")
    scores = place / "scores" / "scores-0.jsonl"
    until = time.monotonic() + 120
    while not (scores.exists() and scores.stat().st_size) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(number)
    time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (code, -number)
    assert process.returncode == -number or "interrupted; scores so far are in scores" in errors
    assert not [path.name for path in (place / "scores").iterdir() if path.name.endswith(".part")]


@pytest.mark.slow
def test_a_training_ends_by_a_scheduler_after_its_step(started: Started, place: Path):
    tiny = "-o hidden_size=16 -o num_hidden_layers=1 -o num_attention_heads=2 -o watch_every=0 -o log_every=1"
    process = started(*f"train --model scratch --data digits --limit 64 {tiny} -o epochs=2000 --out run".split())
    until = time.monotonic() + 120
    while not (place / "run" / "metrics.csv").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "a checkpoint was written" in errors
    assert [path.name for path in (place / "run" / "checkpoints").iterdir()]
    assert not [path.name for path in (place / "run").iterdir() if path.name.startswith(".")]


def _photos(place: Path) -> None:
    """data/ has class folders with more images than are read in a second; masked/ has images and masks."""
    generator = np.random.default_rng(0)
    for kind in ("data", "masked/images", "masked/masks"):
        for name in ("a", "b") if kind == "data" else ("hole",):
            (place / kind / name).mkdir(parents=True)
            for number in range(150):
                pixels = generator.integers(0, 256, (96, 96, 3), dtype=np.uint8)
                picture = Image.fromarray(np.uint8(255 * (pixels[..., 0] > 200)) if "masks" in kind else pixels)
                picture.save(place / kind / name / f"{number}.png")


# Commands that write, with the moment at which the signal comes.
WRITING: dict[str, dict[str, Any]] = {
    "explain data/a data/b --model demo-vit --method rollout,grad-cam --out out": {"event": "open", "of": ".part"},
    "demo --out out": {"event": "import", "of": "captum"},
    "export --model demo-vit --out out/model.onnx": {"event": "import", "of": "onnxscript"},
    "data split data --out out": {"event": "open", "of": "train", "times": 100},
    "data tile masked --size 24 --out out": {"event": "open", "of": "masks", "times": 100},
    "test --model demo-cnn --data digits --limit 40 --batch-size 4 --out out": {"event": "open", "of": ".part"},
    "tune --model scratch --data digits --limit 32 -o epochs=4 --trials 30 --out out": {"event": "open", "of": "002"},
}


@pytest.mark.slow
@pytest.mark.parametrize("command", WRITING, ids=lambda command: command.partition(" --")[0])
def test_every_command_that_writes_ends_by_a_scheduler_as_by_ctrl_c(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
):
    """It says so, exits with 143 and leaves nothing half-written: not beside its results, nor among temporary files."""
    _photos(place)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    done = interrupted(*command.split(), "--quiet", by=signal.SIGTERM, **WRITING[command])
    assert done.returncode in (143, -signal.SIGTERM), done.stderr
    assert "interrupted; " in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    left = [path.name for path in place.rglob("*")]
    assert not [name for name in left if name.startswith(".") or name.endswith(".part")]
    assert {path.name for path in (tmp_path / "temporary").iterdir()} <= {".ses"}  # which onnxruntime keeps for itself
