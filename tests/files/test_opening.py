import os
import socket
from pathlib import Path

import pytest

from vitxplain.files.opening import check_file, is_special, open_file, read_bytes


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A pipe nobody writes into: opening it as usual waits for ever."""
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_plain_file_is_read(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    assert read_bytes(tmp_path / "a") == read_bytes(tmp_path / "link", most=3) == b"abc"
    with open_file(tmp_path / "a") as file:
        assert file.read() == b"abc"


def test_what_is_no_plain_file_is_named_at_once(tmp_path: Path, pipe: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    for path, words in {
        pipe: "it is a named pipe, not a file",
        Path("socket"): "it is a socket",
        Path("/dev/zero"): "it is a device",
        tmp_path: "Is a directory|it is a folder",
    }.items():
        for opening in (open_file, check_file, read_bytes):
            with pytest.raises(OSError, match=words):
                opening(path)
    assert [is_special(path) for path in (pipe, "socket", "/dev/zero", tmp_path, "nowhere", "a\0b")] == [
        *(True, True, True),
        *(False, False, False),
    ]


def test_no_more_is_read_than_is_asked_for(tmp_path: Path):
    (tmp_path / "a").write_bytes(bytes(5))
    with pytest.raises(OSError, match="larger than 0 MiB"):
        read_bytes(tmp_path / "a", most=4)


def test_nothing_is_left_open(tmp_path: Path, pipe: Path):
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(OSError, match="named pipe"):
            open_file(pipe)
    assert len(list(Path("/dev/fd").iterdir())) == before
