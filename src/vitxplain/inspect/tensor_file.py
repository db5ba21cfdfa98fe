"""Tensors in a safetensors file: written in pieces, and read by name, no byte more than that tensor has."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import numpy as np

from vitxplain.files.documents import parse_json
from vitxplain.files.opening import open_file

MOST_HEADER_BYTES: Final = 2**24
MOST_TENSORS: Final = 10_000
MOST_AXES: Final = 8
DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "F32": np.dtype("<f4"),
    "I32": np.dtype("<i4"),
    "F16": np.dtype("<f2"),
    "U8": np.dtype("u1"),
}  # widest first: so they stand in a file, each aligned
_WORDS: Final = {dtype: word for word, dtype in DTYPES.items()}
_METADATA: Final = "__metadata__"


@dataclass(frozen=True)
class TensorSpan:
    """One tensor of a file: its type, its shape and its bytes, counted from the start of the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Header:
    """What a file says it holds, checked against its size."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, TensorSpan]


def file_pieces(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> list[bytes | memoryview]:
    """The file as its header and the memory of each array, of which no copy is made."""
    arrays = {name: _contiguous(array) for name, array in tensors.items()}
    order = sorted(arrays, key=lambda name: -arrays[name].dtype.itemsize)
    header: dict[str, Any] = {_METADATA: dict(metadata)}
    end = 0
    for name in order:
        start, end = end, end + arrays[name].nbytes
        dtype = _WORDS[arrays[name].dtype]
        header[name] = {"dtype": dtype, "shape": list(arrays[name].shape), "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little") + text, *(arrays[name].reshape(-1).view(np.uint8).data for name in order)]


def read_header(path: Path) -> Header:
    """What the file holds.

    Raises:
        OSError: it cannot be opened.
        ValueError, TypeError, KeyError, RecursionError: it is no such file, cut short, or says what cannot be.
    """
    with open_file(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        return _header(file, size)


def read_tensor(path: Path, span: TensorSpan) -> np.ndarray:
    """The tensor, reading its bytes alone; raises as `read_header`, and ValueError where the file is shorter now."""
    with open_file(path) as file:
        file.seek(span.start)
        content = file.read(span.end - span.start)
    if len(content) != span.end - span.start:
        raise ValueError("it is cut short")
    return np.frombuffer(content, DTYPES[span.dtype]).reshape(span.shape)


def _header(file: BufferedReader, size: int) -> Header:
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise ValueError("it is cut short, or no safetensors file")
    if length > MOST_HEADER_BYTES:
        raise ValueError(f"its header takes {length:,} bytes, more than {MOST_HEADER_BYTES:,}")
    entries = parse_json(file.read(length))
    if not isinstance(entries, dict):
        raise ValueError("it is no safetensors file")
    metadata = entries.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("its metadata are no texts by name")
    if len(entries) > MOST_TENSORS:
        raise ValueError(f"it holds {len(entries):,} tensors, where {MOST_TENSORS:,} are plenty")
    data = 8 + length
    return Header(metadata, {name: _span(name, fields, data, size) for name, fields in entries.items()})


def _span(name: str, fields: Any, data: int, size: int) -> TensorSpan:
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if dtype not in DTYPES:
        raise ValueError(f"its tensor {name!r:.80} is of type {dtype!r:.20}, none of {', '.join(DTYPES)}")
    counts = [*shape, *offsets]
    if len(shape) > MOST_AXES or len(offsets) != 2 or not all(type(n) is int and 0 <= n < 2**48 for n in counts):
        raise ValueError(f"its tensor {name!r:.80} has a shape or place that cannot be")
    start, end = offsets
    if math.prod(shape) * DTYPES[dtype].itemsize != end - start:
        raise ValueError(f"the bytes of its tensor {name!r:.80} are not as many as its shape says")
    if data + end > size:
        raise ValueError(f"it is cut short: its tensor {name!r:.80} ends beyond the file")
    return TensorSpan(dtype, tuple(shape), data + start, data + end)


def _contiguous(array: np.ndarray) -> np.ndarray:
    little = array.dtype.newbyteorder("<") if array.dtype.itemsize > 1 else array.dtype
    return np.ascontiguousarray(array, little)
