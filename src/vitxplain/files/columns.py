"""Columns of Arrow from rows of plain values, buffer by buffer: pa.array would first import pandas, if it is there."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

NUMBERS: Final = {pa.float16(): np.float16, pa.float32(): np.float32, pa.float64(): np.float64, pa.int32(): np.int32}


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """The values, None where there is none, as pa.array(values, kind) gives them.

    Of strings, numbers, lists of numbers (also of a fixed size), and structs of these.
    """
    here = np.array([value is not None for value in values], bool)
    missing = len(values) - int(here.sum())
    mask = pa.py_buffer(np.packbits(here, bitorder="little")) if missing else None
    if pa.types.is_struct(kind):
        parts = [column([value and value[part.name] for value in values], part.type) for part in kind]
        return pa.Array.from_buffers(kind, len(values), [mask], missing, children=parts)
    if pa.types.is_string(kind):
        texts = [b"" if value is None else value.encode() for value in values]
        return pa.Array.from_buffers(kind, len(values), [mask, _offsets(texts), pa.py_buffer(b"".join(texts))], missing)
    if pa.types.is_fixed_size_list(kind):
        none = np.zeros(kind.list_size, NUMBERS[kind.value_type])
        inner = _numbers([none if value is None else value for value in values], kind.value_type)
        return pa.Array.from_buffers(kind, len(values), [mask], missing, children=[inner])
    if pa.types.is_list(kind):
        lists = [() if value is None else value for value in values]
        inner = _numbers(lists, kind.value_type)
        return pa.Array.from_buffers(kind, len(values), [mask, _offsets(lists)], missing, children=[inner])
    numbers = pa.py_buffer(np.array([0 if value is None else value for value in values], NUMBERS[kind]))
    return pa.Array.from_buffers(kind, len(values), [mask, numbers], missing)


def _numbers(lists: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Those of all lists, one after the other."""
    arrays = [np.asarray(values, NUMBERS[kind]) for values in lists]
    numbers = np.concatenate(arrays) if arrays else np.zeros(0, NUMBERS[kind])
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)], 0)


def _offsets(parts: Sequence[Any]) -> pa.Buffer:
    """Where each begins, and where the last ends."""
    return pa.py_buffer(np.cumsum([0, *map(len, parts)], dtype=np.int32))
