import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vitxplain.files.arrays import MOST_ARRAY_BYTES, is_npz, read_npy, read_npz


def _header(shape: str, kind: str = "<f4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def test_arrays_come_as_they_were(tmp_path: Path):
    values = np.arange(6.0).reshape(2, 3)
    np.save(tmp_path / "a.npy", values)
    np.savez_compressed(tmp_path / "a.npz", values=values, more=values + 1)
    assert np.array_equal(read_npy(tmp_path / "a.npy"), values)
    arrays = read_npz(tmp_path / "a.npz", lambda names: names[1:])
    assert list(arrays) == ["more"]
    assert np.array_equal(arrays["more"], values + 1)
    assert [is_npz(tmp_path / name) for name in ("a.npy", "a.npz")] == [False, True]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_header("(3, 4)") + bytes(47), "48 bytes are promised, 47 are there"),
        (_header("(1000000, 1000000)"), f"takes 4,000,000,000,000 bytes, more than {MOST_ARRAY_BYTES:,}"),
        (_header("(2,)", "|O") + b"cos\nsystem\n(S'true'\ntR.", "never unpickled"),
        (b"\x93NUMPY\x03\x00" + bytes(20), "format 3.0"),
        (b"words", "EOF|magic"),
    ],
)
def test_what_is_no_array_is_refused_before_room_is_made(tmp_path: Path, content: bytes, words: str):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_npy(tmp_path / "a.npy")


def test_an_archive_that_unpacks_to_more_than_a_machine_has(tmp_path: Path):
    shape = (2**15, 2**15)  # four gigabytes of nothing
    with (
        zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("values.npy", "w") as file,
    ):
        file.write(_header(str(shape)) + bytes(1000))
    with pytest.raises(ValueError, match="takes 4,294,967,296 bytes"):
        read_npz(tmp_path / "a.npz", lambda names: names)


@pytest.mark.parametrize("read", [read_npy, lambda path: read_npz(path, lambda names: names), is_npz])
def test_a_pipe_is_not_waited_for(tmp_path: Path, read: Callable[[Path], object]):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(OSError, match="named pipe"):
        read(tmp_path / "a")
