"""A folder of many files is whole or not there, however the process that made it ended."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.data.image_folders import masked_folders
from vitxplain.data.load import load_data
from vitxplain.data.tiling import Tiling
from vitxplain.data.tools.split_folder import split_folder
from vitxplain.data.tools.tile_folder import tile_folder
from vitxplain.errors import OutputError, UnknownNameError
from vitxplain.files.new_folder import new_folder

ROOT = Path(__file__).parents[2]


def tile() -> None:
    tile_folder(Path("in"), Path("out"), Tiling((16, 16), 0.5, 1e-9), overwrite=True)


def split() -> None:
    split_folder(Path("in"), Path("out"), overwrite=True)


def kill_midway(call: Callable[[], None], place: Path) -> None:
    """Run it in a process of its own and kill that when some files are written."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from {__name__} import {call.__name__} as call; call()"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=place)
    try:
        for _ in range(60_000):
            if len(list(place.glob(".vitx-*/**/*.png"))) > 5:
                break
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("call", [tile, split])
def test_killed_midway_and_run_again(call, tmp_path, monkeypatch):
    masked_folders(tmp_path / "in", 150, (48, 48))
    monkeypatch.chdir(tmp_path)
    kill_midway(call, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir() if not file.name.startswith(".")) == ["in"]
    with pytest.raises(UnknownNameError, match="no data set is called 'out'"):
        load_data("out")
    call()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in", "out"]  # what was left is gone
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*.*")}
    kill_midway(call, tmp_path)  # while an earlier one is to be replaced
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "out").rglob("*.*")} == before


def test_two_at_once_leave_each_other_alone(tmp_path):
    source = masked_folders(tmp_path / "in", 10)
    with new_folder(tmp_path / "out", mark="a", source=source, overwrite=True) as first:
        (first / "a").write_text("first")
        with new_folder(tmp_path / "out", mark="a", source=source) as second:
            (second / "a").write_text("second")
        assert (tmp_path / "out" / "a").read_text() == "second"
    assert (tmp_path / "out" / "a").read_text() == "first"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in", "out"]


def hidden_name(folder: Path, ending: str) -> str:
    """What lies beside a folder while it is made."""
    return f".vitx-{sha256(folder.name.encode()).hexdigest()[:8]}-0123456789ab{ending}"


def test_killed_between_taking_the_old_away_and_putting_the_new_there(tmp_path):
    source, out = masked_folders(tmp_path / "in", 10), tmp_path / "out"
    split_folder(source, out)
    out.rename(tmp_path / hidden_name(out, ".old"))  # as it is between the two
    (tmp_path / hidden_name(out, ".part")).mkdir()
    assert not out.exists()
    with pytest.raises(OutputError, match="is not empty"):
        split_folder(source, out)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in", "out"]
