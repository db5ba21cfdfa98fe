"""Arrays of NumPy from files, each checked before room is made for it; nothing in them is unpickled."""

import math
from collections.abc import Callable
from os import PathLike
from typing import Any, Final
from zipfile import ZipFile

import numpy as np

from vitxplain.files.opening import open_file

MOST_ARRAY_BYTES: Final = 2**29  # a map in double precision of 64 million pixels
MOST_ARRAYS: Final = 10_000  # in one npz
_HEADERS: Final[dict[tuple[int, int], Callable[[Any], Any]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(path: str | PathLike[str]) -> np.ndarray:
    """The array in a file of NumPy.

    Raises:
        OSError: the file cannot be opened, or is no plain file.
        ValueError: it holds no array of plain values, is cut short, or larger than MOST_ARRAY_BYTES.
        Exception: whatever NumPy's parser meets.
    """
    with open_file(path) as file:
        return _array(file, file.seek(0, 2))


def read_npz(path: str | PathLike[str], choose: Callable[[list[str]], list[str]]) -> dict[str, np.ndarray]:
    """The arrays that `choose` picks of the names in an archive of NumPy; the others are not unpacked.

    Raises: as `read_npy`, and ValueError for an archive of too many arrays.
    """
    with open_file(path) as file, ZipFile(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if len(members) > MOST_ARRAYS:
            raise ValueError(f"it holds {len(members):,} arrays, where {MOST_ARRAYS:,} are plenty")
        arrays = {}
        for name in choose(list(members)):
            with archive.open(members[name]) as member:
                arrays[name] = _array(member, members[name].file_size)
        return arrays


def is_npz(path: str | PathLike[str]) -> bool:
    """Whether a file begins as an archive does; raises OSError as `open_file`."""
    with open_file(path) as file:
        return file.read(2) == b"PK"


def _array(file: Any, size: int) -> np.ndarray:
    """The array of a stream that has `size` bytes, which its header must promise too."""
    file.seek(0)
    major, minor = np.lib.format.read_magic(file)
    if (major, minor) not in _HEADERS:
        raise ValueError(f"it is of NumPy's format {major}.{minor}, which holds no plain numbers")
    shape, _, dtype = _HEADERS[major, minor](file)
    if dtype.hasobject:
        raise ValueError("it holds objects of Python, which are never unpickled")
    promised = math.prod(shape) * dtype.itemsize
    if promised > MOST_ARRAY_BYTES:
        raise ValueError(f"its array takes {promised:,} bytes, more than {MOST_ARRAY_BYTES:,}")
    if promised > size - file.tell():
        raise ValueError(f"it is cut short: {promised:,} bytes are promised, {max(0, size - file.tell()):,} are there")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
