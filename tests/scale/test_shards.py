import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vitxplain.scale.plan import MapKind
from vitxplain.scale.shards import Row, column, failed_row, schema, to_bytes


def rows(size: int | None, count: int = 20) -> list[Row]:
    draw = np.random.default_rng(0)
    made: list[Row] = []
    for number in range(count):
        if number % 7 == 3:
            made.append(failed_row(f"é/{number}.jpg", "rollout", "kein Bild"))
            continue
        box = None if number % 3 else (1.5, 2.0, 3.0, float(number))
        said: dict[str, Any] = {"path": f"é/{number}.jpg", "prediction": f"cat {number % 4}" if number % 5 else None}
        said |= {"score": 0.1 * number if number % 5 else None, "box": box, "method": "rollout", "shape": [4, 3]}
        values = draw.standard_normal(size or number).astype(np.float16)
        geometry = {"image_size": [300, 200], "input_size": [32, 32], "box": [0.0, -1.25, 300.0, 200.0]}
        made.append({**said, "map": values, "peak": 0.3, "geometry": geometry, "error": None})
    return made


@pytest.mark.parametrize("shape", [(4, 3), None])
@pytest.mark.parametrize("part", [slice(0, 20), slice(3, 4), slice(0, 1), slice(0, 0)])
def test_columns_are_those_of_pyarrow(shape: tuple[int, ...] | None, part: slice):
    of_schema = schema(MapKind("row column", shape, {}), {"images": 20})
    for name in of_schema.names:
        values = [row.get(name) for row in rows(shape and 12)[part]]
        made = column(values, of_schema.field(name).type)
        made.validate(full=True)
        assert made.equals(pa.array(values, of_schema.field(name).type)), name


def test_a_shard_takes_no_pandas():
    program = (
        "import sys; from tests.scale.test_shards import *; "
        "to_bytes(rows(12), schema(MapKind('row column', (4, 3), {}), {})); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_same_rows_give_the_same_bytes():
    of_schema = schema(MapKind("row column", (4, 3), {}), {"images": 20})
    assert to_bytes(rows(12), of_schema) == to_bytes(rows(12), of_schema)
