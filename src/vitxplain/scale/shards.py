"""A shard: the maps of one method for the images of one part of the plan, as the bytes of a Parquet file."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.record import plain
from vitxplain.scale.plan import MapKind

Row: TypeAlias = dict[str, Any]

METADATA: Final = b"vitxplain"  # of the schema: a JSON object, the plan of the run
_GEOMETRY: Final = pa.struct(
    [("image_size", pa.list_(pa.int32())), ("input_size", pa.list_(pa.int32())), ("box", pa.list_(pa.float64()))]
)


def schema(kind: MapKind, facts: Mapping[str, Any]) -> pa.Schema:
    """The columns, and in the metadata what was explained and how.

    `map` times `peak` are the values as the method gave them: in float16 alone, small ones would lose their digits and
    great ones become infinite. It is a fixed-size list where every map has one shape.
    """
    size = -1 if kind.shape is None else int(np.prod(kind.shape))
    columns = [
        ("path", pa.string()),
        ("prediction", pa.string()),
        ("score", pa.float32()),
        ("target", pa.string()),
        ("label", pa.string()),
        ("target_score", pa.float32()),
        ("box", pa.list_(pa.float32())),
        ("method", pa.string()),
        ("map", pa.list_(pa.float16(), size)),
        ("shape", pa.list_(pa.int32())),
        ("peak", pa.float32()),
        ("geometry", _GEOMETRY),
        ("error", pa.string()),
    ]
    return pa.schema(columns, {METADATA: json.dumps(plain(facts), sort_keys=True).encode()})


def row(path: str, explanation: Explanation) -> Row:
    """Of one map."""
    prediction, detections, target = explanation.prediction, explanation.detections, explanation.target
    said: Row = {"prediction": None, "score": None}
    if prediction.names:
        said = {"prediction": prediction.names[0], "score": prediction.probabilities[0]}
    elif detections:
        said = {"prediction": detections[0].name, "score": detections[0].score}
    values, peak = packed(explanation.values)
    return {
        "path": path,
        **said,
        "target": target and target.name,
        "label": (target and target.label) or None,
        "target_score": target and target.probability,
        "box": target and target.box,
        "method": explanation.method,
        "map": values.ravel(),
        "shape": list(values.shape),
        "peak": peak,
        "geometry": explanation.geometry.to_dict(),
        "error": None,
    }


def failed_row(path: str, method: str, error: str) -> Row:
    """Of an image that could not be explained."""
    return {"path": path, "method": method, "error": error}


def packed(values: Float[np.ndarray, "..."]) -> tuple[Float[np.ndarray, "..."], float]:
    """The values in float16 in shares of the greatest of them, by magnitude, and that one."""
    peak = float(np.abs(values).max(initial=0.0))
    return (values / peak if peak else values).astype(np.float16), peak


def unpacked(map_values: Sequence[float] | np.ndarray, shape: Sequence[int], peak: float) -> Float[np.ndarray, "..."]:
    """The values, float32, to 3 parts in 10,000 of the greatest."""
    return np.asarray(map_values, np.float32).reshape(tuple(shape)) * np.float32(peak)


def to_bytes(rows: Sequence[Row], of_schema: pa.Schema) -> bytes:
    """The Parquet file; the same rows give the same bytes."""
    columns = [column([row.get(name) for row in rows], of_schema.field(name).type) for name in of_schema.names]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=of_schema), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """As `pa.array(values, kind)`, which imports pandas wherever it is installed: half a second of every process.

    `kind` is a type of `schema`; of a fixed-size list every value has as many numbers as that says, or is None.
    """
    nothing = [value is None for value in values]
    valid = pa.py_buffer(np.packbits(np.logical_not(nothing), bitorder="little")) if any(nothing) else None
    if pa.types.is_struct(kind):
        fields = [column([value and value[field.name] for value in values], field.type) for field in kind]
        return pa.Array.from_buffers(kind, len(values), [valid], children=fields)
    if pa.types.is_fixed_size_list(kind):
        empty = np.zeros(kind.list_size, np.int8)
        numbers = _numbers([empty if value is None else value for value in values], kind.value_type)
        return pa.Array.from_buffers(kind, len(values), [valid], children=[numbers])
    if pa.types.is_list(kind):
        parts = [() if value is None else value for value in values]
        numbers = _numbers(parts, kind.value_type)
        return pa.Array.from_buffers(kind, len(values), [valid, _ends(parts)], children=[numbers])
    if pa.types.is_string(kind):
        texts = [b"" if value is None else value.encode() for value in values]
        return pa.Array.from_buffers(kind, len(values), [valid, _ends(texts), pa.py_buffer(b"".join(texts))])
    single = np.array([0 if value is None else value for value in values], kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(single)])


def _numbers(parts: Sequence[Sequence[float] | np.ndarray], kind: pa.DataType) -> pa.Array:
    """Those of all parts, one after the other."""
    of_numpy = kind.to_pandas_dtype()
    numbers = np.concatenate([np.empty(0, of_numpy), *(np.asarray(part, of_numpy) for part in parts)])
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


def _ends(parts: Sequence[Sequence[Any] | np.ndarray]) -> pa.Buffer:
    """Where each part begins among all of them, and where the last one ends."""
    return pa.py_buffer(np.cumsum([0, *map(len, parts)], dtype=np.int32))
