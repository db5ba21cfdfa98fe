"""What a killed process left half-written goes away with the next command; all else stays."""

import subprocess
import sys
from pathlib import Path

from vitxplain.files.aside import open_aside, remove_left
from vitxplain.files.write import check_writable, write_together

DIES = """
import os, signal, sys
from pathlib import Path
from vitxplain.files.aside import open_aside
file = open_aside(Path(sys.argv[1]))
file.write(b"half")
file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_only_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
    (left,) = tmp_path.glob(".vitx-*.part")
    mine = {tmp_path / name for name in (".vitx-notes.part", ".vitx-000000000000.party", "a.part")}
    for path in mine:
        path.touch()
    with open_aside(tmp_path) as in_work:
        check_writable(tmp_path)
        assert not left.exists()
        assert {*tmp_path.iterdir()} == {*mine, Path(in_work.name)}


def test_below_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    open_aside(tmp_path / "deep").close()
    remove_left(tmp_path)
    assert len([*(tmp_path / "deep").iterdir()]) == 1
    remove_left(tmp_path, deep=True)
    assert not [*(tmp_path / "deep").iterdir()]


def test_nothing_is_left_of_a_whole_write(tmp_path: Path) -> None:
    write_together({tmp_path / "a" / "one": b"1", tmp_path / "two": b"2"})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "one", "two"]
