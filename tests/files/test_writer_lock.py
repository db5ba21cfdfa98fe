"""One writer a folder, whatever ended the one before."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vitxplain.errors import OutputError, UsageError
from vitxplain.files import writer_lock as module
from vitxplain.files.writer_lock import WRITER, writer_lock

HOLDS = """
import sys, time
from pathlib import Path
from vitxplain.files.writer_lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_told_who_the_first_is_and_a_killed_one_locks_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match=f"process {process.pid} on .*since 20.* is writing into {folder}. Wait"):
            writer_lock(folder).__enter__()
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert (folder / WRITER).exists()
    with writer_lock(folder), pytest.raises(UsageError, match=f"process {os.getpid()}"):
        writer_lock(folder).__enter__()


def test_a_folder_in_which_nothing_was_written_goes_again(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "one" / "two"):
        assert (tmp_path / "one" / "two").is_dir()
    assert not list(tmp_path.iterdir())
    with writer_lock(tmp_path / "one" / "two"):
        (tmp_path / "one" / "two" / "result").touch()
    assert [path.name for path in (tmp_path / "one" / "two").iterdir()] == ["result"]


def lost_at_work(folder: Path, *, replaced: bool, fails: bool) -> None:
    """The folder goes away while there is work for it, which may fail for it."""
    with writer_lock(folder):
        folder.rename(folder.with_name("elsewhere"))
        if replaced:
            folder.mkdir()
        if fails:
            raise FileNotFoundError("some file")


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(("replaced", "said"), [(False, "was removed"), (True, "was replaced")])
def test_a_folder_that_goes_away_is_named_whatever_the_work_says(
    tmp_path: Path, replaced: bool, said: str, fails: bool
) -> None:
    with pytest.raises(OutputError, match=f"the folder {tmp_path}/results {said}"):
        lost_at_work(tmp_path / "results", replaced=replaced, fails=fails)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(OutputError, match=f"{tmp_path}/results is a file"):
        writer_lock(tmp_path / "results").__enter__()


def test_a_disk_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_lock: object) -> None:
        raise OSError(module.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(module.FileLock, "acquire", refuse)
    with pytest.warns(UserWarning, match="knows no locks"), writer_lock(tmp_path):
        pass
