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
    columns = [pa.array([row.get(name) for row in rows], of_schema.field(name).type) for name in of_schema.names]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=of_schema), sink, compression="zstd")
    return sink.getvalue().to_pybytes()
