"""A run killed at any moment goes on as if it had not been: the same files, byte by byte."""

import multiprocessing
import os
import random
import signal
from pathlib import Path

import pytest

from tests.scale.photos import METHODS, contents, photographs

# The server imports once, and each run is a fork of it.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["vitxplain.scale.run", "tests.scale.photos"])


def apart(photos: Path, out: Path, kill_at: int | None = None) -> tuple[int, int]:
    """The exit code of a run, and how many moves on the disk and batches of images it had begun."""
    moves = PROCESSES.Value("i", 0)
    process = PROCESSES.Process(target=_run, args=(photos, out, kill_at, moves))
    process.start()
    process.join(120)
    return process.exitcode, moves.value


def _run(photos: Path, out: Path, kill_at: int | None, moves) -> None:
    import torch

    from tests.scale.photos import small_model
    from vitxplain import scale
    from vitxplain.scale import plan

    torch.set_num_threads(1)
    plan.IMAGES_OF_A_SHARD = 4

    def moved(_: object = None) -> None:
        moves.value += 1
        if moves.value == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(function):
        def run(*arguments, **others):
            moved()
            return function(*arguments, **others)

        return run

    os.fsync, os.replace, Path.replace = counted(os.fsync), counted(os.replace), counted(Path.replace)
    scale.explain_dataset(small_model(), photos, out, METHODS, batch_size=2, advance=moved)


@pytest.mark.slow
def test_killed_at_twenty_moments(tmp_path: Path):
    photos = photographs(tmp_path / "photos", 15)
    code, total = apart(photos, tmp_path / "whole")
    assert code == 0
    assert total > 20
    whole = contents(tmp_path / "whole")
    for moment in random.Random(0).sample(range(1, total + 1), 20):
        out = tmp_path / f"killed-{moment}"
        assert apart(photos, out, moment)[0] == -signal.SIGKILL
        finished = {path: path.stat().st_mtime_ns for path in (out / "manifest").glob("[0-9]*.json")}
        assert apart(photos, out)[0] == 0
        assert contents(out) == whole, moment
        assert finished.items() <= {path: path.stat().st_mtime_ns for path in (out / "manifest").iterdir()}.items()
