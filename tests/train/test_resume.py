"""A run killed at any moment and resumed ends as one that was never stopped: the same weights, bit by bit."""

import csv
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.train.killed import interrupted, train_apart
from tests.train.tiny import tiny
from vitxplain.errors import UsageError
from vitxplain.train.records import checkpoints


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run never stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    code, moves = train_apart(out=folder)
    assert code == 0
    assert moves > 100
    return folder


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open() as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def assert_same(one: Path, other: Path) -> None:
    names = ["model/model.safetensors", *(f"checkpoints/checkpoint-{step}/model.safetensors" for step in (8, 10))]
    for name in names:
        weights, others = load_file(one / name), load_file(other / name)
        assert weights.keys() == others.keys()
        assert all(torch.equal(weights[key], others[key]) for key in weights), name
    assert rows(one) == rows(other)
    results = [json.loads((run / "result.json").read_text()) for run in (one, other)]
    for result in results:
        del result["seconds"]
    assert results[0] == results[1]
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in other.iterdir())


def killed_and_resumed(folder: Path, whole: Path, kill_at: int) -> None:
    code, _ = train_apart(kill_at, out=folder, resume=True)
    assert code == -9
    assert train_apart(out=folder, resume=True)[0] == 0
    assert_same(folder, whole)


# While nothing is saved yet, while weights or the optimizer are written, between files, before and after renaming.
@pytest.mark.parametrize("kill_at", [9, 41, 46, 52, 57, 70])
def test_killed(tmp_path: Path, whole: Path, kill_at: int):
    killed_and_resumed(tmp_path / "run", whole, kill_at)


@pytest.mark.slow
@pytest.mark.parametrize("kill_at", range(1, 130, 7))
def test_killed_anywhere(tmp_path: Path, whole: Path, kill_at: int):
    killed_and_resumed(tmp_path / "run", whole, kill_at)


@pytest.mark.slow
def test_killed_again_and_again(tmp_path: Path, whole: Path):
    codes = []
    for _ in range(12):
        code, _ = train_apart(60, out=tmp_path / "run", resume=True)
        codes.append(code)
    assert codes[0] == -9
    assert codes[-1] == 0
    assert_same(tmp_path / "run", whole)


def test_damaged_checkpoints_are_skipped(tmp_path: Path, whole: Path):
    folder = tmp_path / "run"
    assert interrupted(9, out=folder) == 130
    newest = checkpoints.newest(folder / "checkpoints")
    assert newest is not None
    assert newest.name == "checkpoint-9"
    content = bytearray((newest / "optimizer.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (newest / "optimizer.pt").write_bytes(content)
    assert checkpoints.newest(folder / "checkpoints") == folder / "checkpoints" / "checkpoint-8"
    (folder / "checkpoints" / "checkpoint-8" / "rng_state.pth").unlink()
    assert checkpoints.newest(folder / "checkpoints") is None  # it starts afresh
    (folder / "said.txt").unlink()
    code, _ = train_apart(out=folder, resume=True)
    assert code == 0
    assert_same(folder, whole)


def test_ctrl_c_and_resume(tmp_path: Path, whole: Path):
    folder = tmp_path / "run"
    assert interrupted(7, out=folder) == 130
    assert "after step 7 of 10" in (folder / "said.txt").read_text()
    assert f"vitx train --resume --out {folder}" in (folder / "said.txt").read_text()
    (folder / "said.txt").unlink()
    assert checkpoints.newest(folder / "checkpoints") == folder / "checkpoints" / "checkpoint-7"
    assert train_apart(out=folder, resume=True)[0] == 0
    same = [row for row in rows(folder) if row["step"] != "7"]
    assert [row for row in same if row["step"] != "8"] == [row for row in rows(whole) if row["step"] != "8"]
    last = "checkpoints/checkpoint-10/model.safetensors"
    one, other = load_file(folder / last), load_file(whole / last)
    assert all(torch.equal(one[key], other[key]) for key in other)


def test_a_finished_run_says_so(whole: Path):
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    result = tiny(whole, resume=True)
    assert result.was_finished
    assert result.metrics["test"]["images"] == 40
    assert before == {path: path.stat().st_mtime_ns for path in whole.rglob("*")}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"options": {"learning_rate": 0.1}}, "learning_rate is 0.1 now, but the run was started with 0.001"),
        ({"limit": 20}, "limit is 20 now, but the run was started with 40"),
        ({"data_options": {"size": (32, 32)}}, "data.size is 32,32 now, but the run was started with 24,24"),
        ({"data": "defects"}, "data is defects now, but the run was started with digits"),
    ],
)
def test_resuming_with_other_options_is_refused(whole: Path, changed: dict, said: str):
    with pytest.raises(UsageError, match=said):
        tiny(whole, resume=True, **changed)


def test_what_is_about_the_machine_may_change(whole: Path):
    assert tiny(whole, resume=True, options={"workers": 1, "keep": 5}).was_finished
