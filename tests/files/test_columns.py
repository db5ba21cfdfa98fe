"""Columns are those of pyarrow's own conversion, without pandas."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vitxplain.files.columns import column
from vitxplain.scale import shards
from vitxplain.scale.plan import MapKind

PLACE = {"size": [3, 4], "box": [0.0, 1.5]}
CASES = [
    (pa.string(), ["ä/1.png", "", None]),
    (pa.float32(), [0.1, None, float("nan")]),
    (pa.list_(pa.int32()), [[14, 14], None, []]),
    (pa.list_(pa.float16()), [np.arange(3, dtype=np.float16), None, np.arange(5, dtype=np.float16)]),
    (pa.list_(pa.float16(), 2), [np.ones(2, np.float16), None, [0.5, 0.25]]),
    (pa.struct([("size", pa.list_(pa.int32())), ("box", pa.list_(pa.float64()))]), [PLACE, None, PLACE]),
]


@pytest.mark.parametrize(("kind", "values"), CASES, ids=[str(kind) for kind, _ in CASES])
def test_as_pyarrow_converts(kind: pa.DataType, values: list[Any]):
    for rows in (values, values[::2], values[:0]):
        made, expected = column(rows, kind), pa.array(rows, kind)
        made.validate(full=True)
        assert made.null_count == expected.null_count
        assert str(made.to_pylist()) == str(expected.to_pylist())  # NaN equals itself there


def test_a_shard_needs_no_conversion_by_pyarrow(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pa, "array", None)  # which imports pandas at its first call
    shards.to_bytes([shards.failed_row("a.png", "grad-cam", "damaged")], shards.schema(MapKind("", (2,), {}), {}))
