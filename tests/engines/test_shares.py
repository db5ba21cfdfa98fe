"""`vitx explain` in two processes, one of which is lost: the next run does its share, and the files are the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from tests.engines.shares import LOST
from tests.saved_models import vit_folder  # noqa: F401 - a fixture
from tests.scale.photos import contents, photographs
from vitxplain.cli.main import app
from vitxplain.scale import plan

pytestmark = pytest.mark.engines


def _words(folder: Path, model: Path, out: Path) -> list[str]:
    words = ["explain", folder, "--model", model, "--method", "rollout,grad-cam", "--format", "parquet", "--out", out]
    return [*map(str, words), "--device", "cpu"]


def test_the_next_run_does_what_a_lost_process_left(
    vit_folder: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    folder = photographs(tmp_path / "photos", 16)
    (folder / "damaged.png").unlink()
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=0", "-m"]
    killed = subprocess.run(
        [*command, "tests.engines.shares", *_words(folder, vit_folder, tmp_path / "shared")],
        env={**os.environ, LOST: "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert killed.returncode != 0
    assert "SIGKILL" in killed.stderr
    left = contents(tmp_path / "shared")
    assert "manifest/00001.json" in left
    assert "manifest/00003.json" not in left

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as torchrun says to its processes
    monkeypatch.setattr(plan, "IMAGES_OF_A_SHARD", 4)
    try:
        for out in ("shared", "alone"):
            done = CliRunner().invoke(app, _words(folder, vit_folder, tmp_path / out))
            assert done.exit_code == 0, done.output
    finally:
        torch.set_num_threads(threads)
    shared = contents(tmp_path / "shared")
    assert shared == contents(tmp_path / "alone")
    assert left.items() <= shared.items()
