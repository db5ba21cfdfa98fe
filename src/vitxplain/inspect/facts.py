"""The facts of a record as JSON, written and checked."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from vitxplain.inspect.layer_tensors import PRECISIONS, ROWS, STATISTICS, LayerTensors
from vitxplain.inspect.picture import LONGEST_SIDE, MEDIA, Picture
from vitxplain.inspect.tensor_file import TensorSpan

SCHEMA: Final = 1
KEY: Final = "vitxplain"  # of the metadata
LONGEST_NAME: Final = 1000  # characters
INPUT_UNIT: Final = "model input"
PICTURE_UNIT: Final = "picture"
_SMALL: Final = ("rows.", "row_peaks.")


def record_facts(
    name: str,
    step: int,
    picture: Picture,
    layers: Sequence[LayerTensors],
    *,
    seen_box: Sequence[float] | None = None,
    even_distance: float | None = None,
    distance_unit: str = PICTURE_UNIT,
    **others: Any,
) -> dict[str, Any]:
    """The facts; `others` are model, task, prediction, found, maps and positions where there are any."""
    defaults = {"model": "", "task": "", "prediction": [], "found": [], "maps": [], "positions": False}
    return {
        "schema": SCHEMA,
        "name": name,
        "step": step,
        **(defaults | others),
        "picture": picture.to_facts(),
        "seen": [float(side) for side in seen_box or (0, 0, picture.width, picture.height)],
        "layers": [layer_facts(layer) for layer in layers],
        "default_query": _row_of(layers[-1]) if layers else "mean",
        "statistics": list(STATISTICS),
        "even_distance": even_distance,
        "distance_unit": distance_unit,
        "residual": 0.5,
        "written": {"vitxplain": version("vitxplain"), "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
    }


def layer_facts(layer: LayerTensors) -> dict[str, Any]:
    """What one layer is, as JSON takes it."""
    form = layer.form
    return {
        "number": form.number,
        "path": form.path,
        "title": form.title or f"layer {form.number + 1}",
        "kind": form.kind,
        "heads": form.heads,
        "queries": form.queries.to_facts(),
        "keys": form.keys.to_facts(),
        "rows": layer.rows,
        "row_of": _row_of(layer),
        "precision": layer.precision,
        "note": form.note,
    }


def all_tensors(picture: Picture, layers: Sequence[LayerTensors], others: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Every tensor of a record by its name."""
    most = max((layer.form.heads for layer in layers), default=0)
    statistics = np.full((len(layers), most, len(STATISTICS)), np.nan, np.float32)
    for number, layer in enumerate(layers):
        statistics[number, : layer.form.heads] = layer.statistics
    tensors: dict[str, Any] = {"statistics": statistics, "image": np.frombuffer(picture.content, np.uint8), **others}
    # What the first picture needs lies together, so that a server is asked for it once.
    for small in (True, False):
        for layer in layers:
            tensors |= {name: array for name, array in layer.tensors.items() if name.startswith(_SMALL) is small}
    return tensors


def checked_facts(facts: Any, tensors: Mapping[str, TensorSpan]) -> dict[str, Any]:
    """The same, if they are facts of a record and the tensors those they tell of.

    Raises:
        ValueError, LookupError, TypeError: what does not fit.
    """
    if not isinstance(facts, dict):
        raise TypeError("its facts are no object with names")
    if facts["schema"] != SCHEMA:
        raise ValueError(f"it is of schema {facts['schema']!r:.20}, and this version reads {SCHEMA}; update vitxplain")
    _check(isinstance(facts["name"], str) and len(facts["name"]) <= LONGEST_NAME, "its name is no text")
    _check(type(facts["step"]) is int and 0 <= facts["step"] < 10**18, "its step is no whole number from 0")
    words = (facts["model"], facts["task"], facts["written"]["time"])
    _check(all(isinstance(word, str) and len(word) <= LONGEST_NAME for word in words), "its model or time is no text")
    _check_picture(facts, tensors)
    for label in facts["prediction"]:
        _check(isinstance(label["label"], str) and _is_number(label["score"]), "its prediction is none")
    for thing in facts["found"]:
        _check(isinstance(thing["label"], str) and _is_number(thing["score"]), "what it found has no name or score")
        _check(len(thing["box"]) == 4 and all(map(_is_number, thing["box"])), "what it found has no box")
    layers = facts["layers"]
    _check(isinstance(layers, list), "its layers are no list")
    numbers = [_check_layer(layer, tensors) for layer in layers]
    _check(len(set(numbers)) == len(numbers), "two of its layers have one number")
    most = max((layer["heads"] for layer in layers), default=0)
    _check(tensors["statistics"].shape == (len(layers), most, len(facts["statistics"])), "its statistics do not fit")
    for heat_map in facts["maps"]:
        _check(isinstance(heat_map["method"], str) and isinstance(heat_map["target"], str), "a map of it has no name")
        words = (heat_map.get("note", ""), *heat_map.get("sides", ("", "")))
        _check(len(words) == 3 and all(isinstance(word, str) for word in words), "a map of it is told in no words")
        _check(tensors[heat_map["tensor"]].shape == tuple(heat_map["grid"]), "one of its maps does not fit its grid")
    return facts


def _row_of(layer: LayerTensors) -> str:
    return "class" if layer.form.reads_class and layer.form.windows is None else "mean"


def _check_picture(facts: Mapping[str, Any], tensors: Mapping[str, TensorSpan]) -> None:
    picture, box = facts["picture"], facts["seen"]
    sides = (picture["width"], picture["height"])
    _check(all(type(side) is int and 1 <= side <= LONGEST_SIDE for side in sides), "its picture has no size")
    _check(picture["media"] in MEDIA, f"its picture is none of {' and '.join(MEDIA)}")
    _check(tensors["image"].dtype == "U8" and len(tensors["image"].shape) == 1, "its picture is no bytes")
    finite = len(box) == 4 and all(map(_is_number, box))
    _check(finite and box[0] < box[2] and box[1] < box[3], "what the model saw of its picture is no box")


def _check_layer(layer: Mapping[str, Any], tensors: Mapping[str, TensorSpan]) -> int:
    number, heads = layer["number"], layer["heads"]
    _check(type(number) is int and 0 <= number < 10**6, "one of its layers has no number")
    _check(type(heads) is int and heads > 0, f"its layer {number} has no heads")
    words = [layer[word] for word in ("path", "title", "kind", "note", "row_of")]
    _check(all(isinstance(word, str) for word in words), f"its layer {number} is called in no words")
    queries, keys = (_check_side(layer[side], number) for side in ("queries", "keys"))
    _check(layer["rows"] in ROWS and layer["precision"] in PRECISIONS, f"its layer {number} is stored in no known way")
    _check(tensors[f"rows.{number:02d}"].shape == (heads, keys), f"the rows of its layer {number} do not fit")
    _check(tensors[f"row_peaks.{number:02d}"].shape == (heads,), f"the rows of its layer {number} have no peaks")
    if layer["rows"] == "all":
        windows = tensors.get(f"windows.{number:02d}")
        if windows is not None:
            _check(len(windows.shape) == 2, f"the windows of its layer {number} do not fit")
            queries, keys = math.prod(windows.shape), windows.shape[1]
        weights, eight_bits = tensors[f"attention.{number:02d}"], layer["precision"] == PRECISIONS[0]
        fits = weights.shape == (heads, queries, keys) and weights.dtype == ("U8" if eight_bits else "F16")
        _check(fits, f"the attention of its layer {number} does not fit")
        if eight_bits:
            _check(tensors[f"peaks.{number:02d}"].shape == (heads, queries), f"its layer {number} has no peaks")
    return number


def _check_side(side: Mapping[str, Any], number: int) -> int:
    count, grid = side["count"], side["grid"]
    _check(type(count) is int and count > 0, f"its layer {number} has no tokens")
    words = [side["kind"], *side["prefix"], *(side["names"] or ())]
    _check(all(isinstance(word, str) for word in words), f"the tokens of its layer {number} are called in no words")
    if grid is not None:
        fits = len(grid) == 2 and all(type(length) is int and length > 0 for length in grid)
        _check(fits and math.prod(grid) + len(side["prefix"]) <= count, f"the grid of its layer {number} does not fit")
    return count


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _check(fits: bool, otherwise: str) -> None:
    if not fits:
        raise ValueError(otherwise)
