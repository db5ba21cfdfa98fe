"""What is known about an explanation beside its numbers, as plain values for JSON."""

import math
from collections.abc import Mapping, Set
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL.Image import Image

from vitxplain.explanation.explanation import Explanation
from vitxplain.files.reading import shortened
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import PROBABILITY, VALUE, ExplainedTarget, Prediction, Unit

SCHEMA = 1
SQUARE = "row column row2 column2"  # a map for each patch
_OWN = ("schema", "method", "axes", "options", "prediction", "target", "grid", "geometry")


def to_json(explanation: Explanation) -> dict[str, Any]:
    """The facts as JSON takes them: numbers that are not finite become null, everything unknown its text."""
    prediction = explanation.prediction
    classes = zip(prediction.names, prediction.indices, prediction.probabilities, strict=True)
    target = explanation.target
    facts = {
        "schema": SCHEMA,
        "input": explanation.provenance.get("input"),
        "method": explanation.method,
        "axes": explanation.axes,
        "options": explanation.options,
        "model": explanation.provenance.get("model"),
        "prediction": [{"name": name, "index": index, prediction.unit: share} for name, index, share in classes],
        "target": target and {"index": target.index, "name": target.name, target.unit: target.probability},
        "grid": explanation.grid and _grid_fields(explanation.grid),
        "geometry": explanation.geometry.to_dict(),
        "versions": explanation.provenance.get("versions"),
        "seconds": explanation.provenance.get("seconds"),
    }
    return plain({**facts, **{name: value for name, value in explanation.provenance.items() if name not in facts}})


def from_json(facts: Mapping[str, Any], values: Float[np.ndarray, "..."], axes: str, image: Image) -> Explanation:
    """The explanation whose facts these are.

    Raises:
        LookupError, TypeError, ValueError: facts are missing or of another kind.
    """
    classes = facts["prediction"]
    names = axes.split()
    if 0 in values.shape or len(set(names)) < len(names) or ("row2" in names and axes != SQUARE):
        raise ValueError(f"it has values of shape {values.shape} along the axes {shortened(repr(axes))}")
    return Explanation(
        values=values,
        axes=axes,
        method=_text(facts["method"]),
        options=dict(facts["options"]),
        prediction=Prediction(
            names=tuple(_text(one["name"]) for one in classes),
            indices=tuple(int(one["index"]) for one in classes),
            probabilities=tuple(_number(one[_unit(one)]) for one in classes),
            unit=_unit(classes[0]) if classes else PROBABILITY,
        ),
        target=_target(facts["target"]),
        grid=_grid(facts["grid"]),
        geometry=Geometry.from_dict(facts["geometry"]),
        image=image,
        provenance={name: value for name, value in facts.items() if name not in _OWN and value is not None},
    )


def plain(value: Any) -> Any:
    """The same in JSON's own types."""
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, Set)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):  # arrays, tensors and their scalars
        return plain(value.tolist())
    return str(value)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shortened(repr(value))} stands where a name is expected")
    return value


def _target(fields: dict[str, Any] | None) -> ExplainedTarget | None:
    if not fields:
        return None
    unit = _unit(fields)
    return ExplainedTarget(int(fields["index"]), _text(fields["name"]), _number(fields[unit]), unit)


def _unit(fields: Mapping[str, Any]) -> Unit:
    """The name that a number stands under."""
    return VALUE if VALUE in fields else PROBABILITY


def _grid_fields(grid: TokenGrid) -> dict[str, Any]:
    """How tokens lie; which of them is the class token is not kept."""
    return {name: value for name, value in asdict(grid).items() if name != "class_token"}


def _grid(fields: dict[str, Any] | None) -> TokenGrid | None:
    if fields is None:
        return None
    grid = TokenGrid(**{**fields, "patch_size": tuple(fields["patch_size"]), "readout": tuple(fields["readout"])})
    if not all(type(count) is int for count in (grid.rows, grid.columns, *grid.readout)):
        raise TypeError("its grid counts in other than whole numbers")
    return grid
