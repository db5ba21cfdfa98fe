"""What is known about an explanation beside its numbers, as plain values for JSON."""

import math
from collections.abc import Mapping, Set
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from PIL.Image import Image

from vitxplain.explanation.explanation import ASKING, NOTES, Explanation
from vitxplain.explanation.found_record import found_fields, found_of, number, target_fields, target_of, text, unit_of
from vitxplain.files.reading import shortened
from vitxplain.geometry import LONGEST, Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import PROBABILITY, Prediction
from vitxplain.tasks.classification import Classification

CLASSES, TASKS = 1, 2  # schemas: of explanations of classes alone, and of those that say of which task they are
SCHEMAS: Final = (CLASSES, TASKS)
SQUARE = "row column row2 column2"  # a map for each patch
_OWN = ("schema", "method", "axes", "options", "prediction", "target", "grid", "geometry")
_OF_TASKS = ("task", "found")


def schema_of(explanation: Explanation) -> int:
    """The schema of its files: whatever a classifier's explanation says of a class stays as it always was."""
    target = explanation.target
    return CLASSES if explanation.task == Classification.name and (target is None or target.is_class) else TASKS


def to_json(explanation: Explanation) -> dict[str, Any]:
    """The facts as JSON takes them: numbers that are not finite become null, everything unknown its text."""
    prediction = explanation.prediction
    classes = zip(prediction.names, prediction.indices, prediction.probabilities, strict=True)
    schema = schema_of(explanation)
    of_task = {"task": explanation.task, "found": found_fields(explanation.detections)} if schema == TASKS else {}
    facts = {
        "schema": schema,
        "input": explanation.provenance.get("input"),
        "method": explanation.method,
        "axes": explanation.axes,
        "options": explanation.options,
        "model": explanation.provenance.get("model"),
        "prediction": [{"name": name, "index": index, prediction.unit: share} for name, index, share in classes],
        "target": target_fields(explanation.target),
        **of_task,
        "grid": explanation.grid and _grid_fields(explanation.grid),
        "geometry": explanation.geometry.to_dict(),
        "versions": explanation.provenance.get("versions"),
        "seconds": explanation.provenance.get("seconds"),
    }
    return plain({**facts, **{name: value for name, value in explanation.provenance.items() if name not in facts}})


def from_json(
    facts: Mapping[str, Any],
    values: Float[np.ndarray, "..."],
    axes: str,
    image: Image,
    masks: Mapping[str, np.ndarray] | None = None,
) -> Explanation:
    """The explanation whose facts these are; `masks` are those of `masks_of`.

    Raises:
        LookupError, TypeError, ValueError: facts are missing or of another kind.
    """
    classes = facts["prediction"]
    of_task = facts["schema"] == TASKS
    own = _OWN + _OF_TASKS if of_task else _OWN
    names = axes.split()
    if 0 in values.shape or len(set(names)) < len(names) or ("row2" in names and axes != SQUARE):
        raise ValueError(f"it has values of shape {values.shape} along the axes {shortened(repr(axes))}")
    return Explanation(
        values=values,
        axes=axes,
        method=text(facts["method"]),
        options=dict(facts["options"]),
        prediction=Prediction(
            names=tuple(text(one["name"]) for one in classes),
            indices=tuple(int(one["index"]) for one in classes),
            probabilities=tuple(number(one[unit_of(one)]) for one in classes),
            unit=unit_of(classes[0]) if classes else PROBABILITY,
        ),
        target=target_of(facts["target"], masks or {}),
        grid=_grid(facts["grid"]),
        geometry=Geometry.from_dict(facts["geometry"]),
        image=image,
        provenance=_provenance({name: value for name, value in facts.items() if name not in own and value is not None}),
        task=text(facts["task"]) if of_task else Classification.name,
        detections=found_of(facts["found"], masks or {}) if of_task else (),
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


def _provenance(facts: dict[str, Any]) -> dict[str, Any]:
    """The same, if what is drawn or printed of it is what it should be."""
    box = facts.get(ASKING, (0.0,) * 4)
    if len(box) != 4 or not all(isinstance(edge, int | float) and abs(edge) <= LONGEST for edge in box):
        raise ValueError(f"the patch that asks is at {shortened(repr(box))}, and not (left, top, right, bottom)")
    notes = facts.get(NOTES, [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise TypeError("its notes are no sentences")
    bands = facts.get("bands", [])
    if not isinstance(bands, list) or not all(isinstance(band, int) for band in bands):
        raise TypeError("its bands are no numbers")
    if not isinstance(facts.get("model", {}), Mapping):
        raise TypeError("what it says of its model is no object with names")
    return facts


def _grid_fields(grid: TokenGrid) -> dict[str, Any]:
    """How tokens lie; which of them are class token and registers is not kept."""
    return {name: value for name, value in asdict(grid).items() if name not in ("class_token", "registers", "shown")}


def _grid(fields: dict[str, Any] | None) -> TokenGrid | None:
    if fields is None:
        return None
    grid = TokenGrid(**{**fields, "patch_size": tuple(fields["patch_size"]), "readout": tuple(fields["readout"])})
    if not all(type(count) is int for count in (grid.rows, grid.columns, *grid.readout)):
        raise TypeError("its grid counts in other than whole numbers")
    return grid
