"""Writer: records of plain arrays, with NumPy, safetensors' format and Pillow alone."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from json import dumps
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np

from vitxplain.errors import OptionError, UsageError
from vitxplain.files.paths import user_path
from vitxplain.files.write import write_together
from vitxplain.inspect.facts import KEY, all_tensors, record_facts
from vitxplain.inspect.layer_form import PATCHES, Layer, LayerForm, Side, side_of
from vitxplain.inspect.layer_tensors import (
    PRECISIONS,
    ROWS,
    LayerTensors,
    Precision,
    Rows,
    even_distance,
    layer_tensors,
)
from vitxplain.inspect.picture import Picture, as_picture
from vitxplain.inspect.tensor_file import file_pieces

FOLDER: Final = "inspect"  # within a run
SUFFIX: Final = ".safetensors"
LONGEST_SLUG: Final = 80
MOST_STEP: Final = 10**9


class Writer:
    """Writes what a model of any framework attended to, one file a picture and step, for the viewer.

        writer = Writer("runs/jax")
        writer.add("cat", attention, image="cat.jpg", step=100)     # attention: (layer, head, query, key)

    Args:
        folder: of the run; records go into its subfolder `inspect`.
        model: what the model is called.
        precision: "sqrt8", a byte a weight, or "float16".
        queries: "all", or "class" to keep what the class token attends to alone (of others the mean of all patches).

    Raises:
        OptionError: no such precision or queries.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        *,
        model: str = "",
        precision: Precision = "sqrt8",
        queries: Rows = "all",
    ) -> None:
        check_word("precision", precision, PRECISIONS)
        check_word("queries", queries, ROWS)
        self.folder, self.model = user_path(folder), model
        self.precision: Precision = precision
        self.queries: Rows = queries

    def add(
        self,
        name: str,
        attention: Any,
        *,
        image: Any = None,
        step: int = 0,
        grid: Sequence[int] | None = None,
        prefix: Sequence[str] | None = None,
        prediction: Mapping[str, float] | None = None,
        maps: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write one record; one of the same name and step is replaced.

        Args:
            name: of the picture.
            attention: (layer, head, query, key) after the softmax, or a list of one (head, query, key) or `Layer` a
                layer; anything NumPy takes for arrays, so those of JAX, TensorFlow, Keras and PyTorch.
            image: a path, a PIL image or an array (height, width, channels): what the patches cover.
            step: of a training.
            grid: (rows, columns) of the patches, where their number does not say it.
            prefix: names of the tokens before them; by default "class", then "register 1" and so on.
            prediction: scores by label, best first or not.
            maps: further maps over the image by the name of their method, (row, column).

        Returns:
            The file.

        Raises:
            UsageError: the arrays are no attention, or their tokens no grid.
            ImageError: the image is none.
            OutputError: nothing can be written there.
        """
        check_name(name)
        check_step(step)
        layers = [_layer(item, number, grid, prefix) for number, item in enumerate(_each_layer(attention))]
        grids = [form.keys.grid for form, _ in layers if form.keys.grid is not None]
        picture = as_picture(image, grids[-1] if grids else None)
        kept = [
            layer_tensors(form, iter(heads), extent=picture.extent, precision=self.precision, rows=self.queries)
            for form, heads in layers
        ]
        last = next((form.keys for form, _ in reversed(layers) if form.keys.grid is not None), None)
        facts: dict[str, Any] = {
            "model": self.model,
            "prediction": _prediction(prediction or {}),
            "even_distance": even_distance(last, picture.extent) if last is not None else None,
        }
        return write_record(self.folder, name, step, picture, kept, maps=_maps(maps or {}, picture), **facts)


def write_record(
    folder: Path,
    name: str,
    step: int,
    picture: Picture,
    layers: Sequence[LayerTensors],
    *,
    maps: Sequence[tuple[dict[str, Any], np.ndarray]] = (),
    others: Mapping[str, np.ndarray] | None = None,
    **facts: Any,
) -> Path:
    """Write the file of a record, whole or not at all; `maps` are the facts of each map, and its values."""
    tensors = dict(others or {})
    told = []
    for number, (fields, values) in enumerate(maps):
        tensors[f"maps.{number}"] = np.asarray(values, np.float16)
        told.append({"tensor": f"maps.{number}", "grid": list(values.shape), **fields})
    text = dumps(
        record_facts(name, step, picture, layers, maps=told, **facts),
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )
    path = folder / FOLDER / f"{step:09d}.{slug(name)}{SUFFIX}"
    return write_together({path: file_pieces(all_tensors(picture, layers, tensors), {KEY: text})})[0]


def slug(name: str) -> str:
    """The name as part of a file's: two names never share one, not even where case does not count."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:LONGEST_SLUG]
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


def check_word(option: str, value: object, words: Sequence[str]) -> None:
    """Raises:
    OptionError: it is none of these.
    """
    if value not in words:
        raise OptionError(f"{option} is {value!r}; it takes {' or '.join(words)}.")


def check_name(name: object) -> None:
    """Raises:
    UsageError: it is no name of a record.
    """
    if not isinstance(name, str) or not 0 < len(name) <= 500 or not name.isprintable():
        raise UsageError(f"{name!r:.80} is no name for a record; give a text of 1 to 500 printable characters.")


def check_step(step: object) -> None:
    """Raises:
    UsageError: it is no step.
    """
    whole = isinstance(step, int | np.integer) and not isinstance(step, bool)
    if not whole or not 0 <= int(step) < MOST_STEP:  # type: ignore[call-overload]
        raise UsageError(f"step is {step!r:.80}; it takes a whole number from 0 to {MOST_STEP - 1:,}.")


def _each_layer(attention: Any) -> list[Layer]:
    if isinstance(attention, Layer):
        return [attention]
    items = list(attention) if isinstance(attention, list | tuple) else _layers_of_array(attention)
    if not items:
        raise UsageError("there are no layers; give attention as (layer, head, query, key), or a list of layers.")
    return [item if isinstance(item, Layer) else Layer(item) for item in items]


def _layers_of_array(attention: Any) -> list[Any]:
    array = np.asarray(attention)
    if array.ndim != 4:
        raise UsageError(
            f"attention has shape {array.shape}; give (layer, head, query, key) of one image, or a list of one (head, "
            "query, key) a layer. Of a batch give one image: attention[:, 0] where images come second."
        )
    return list(array)


def _layer(
    layer: Layer, number: int, grid: Sequence[int] | None, prefix: Sequence[str] | None
) -> tuple[LayerForm, np.ndarray]:
    array, where = np.asarray(layer.attention), layer.title or layer.path or f"layer {number}"
    if array.ndim != 3 or 0 in array.shape or array.dtype.kind not in "fiub":
        raise UsageError(
            f"{where} has {array.dtype} of shape {array.shape}; give numbers (head, query, key) of one image."
        )
    heads, num_queries, num_keys = array.shape
    keys = layer.keys or side_of(num_keys, grid, prefix, f"the last axis of {where}")
    queries = layer.queries or (
        keys if num_queries == num_keys else Side(num_queries, PATCHES if num_queries > 1 else "pooling")
    )
    for side, count, axis in ((queries, num_queries, "queries"), (keys, num_keys, "keys")):
        if side.count != count:
            raise UsageError(f"{where} has {count} {axis}, and {axis}= says {side.count}.")
    kind = layer.kind or ("token" if num_queries == num_keys else "pooled")
    return LayerForm(number, heads, queries, keys, layer.title, layer.path, kind, layer.note), array


def _prediction(scores: Mapping[str, float]) -> list[dict[str, Any]]:
    best = sorted(((str(label), float(score)) for label, score in scores.items()), key=lambda pair: -pair[1])[:5]
    if not all(np.isfinite(score) for _, score in best):
        raise UsageError("a score of the prediction is NaN or infinite; look at how it was computed.")
    return [{"label": label, "score": score, "unit": "probability"} for label, score in best]


def _maps(maps: Mapping[str, Any], picture: Picture) -> list[tuple[dict[str, Any], np.ndarray]]:
    told = []
    for method, values in maps.items():
        array = np.asarray(values, np.float32)
        if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
            raise UsageError(f"the map {method!r} has shape {array.shape}; give finite numbers (row, column).")
        box = [0.0, 0.0, float(picture.width), float(picture.height)]
        fields = {"method": method, "target": "", "box": box, "signed": bool(array.min() < 0), "unit": ""}
        told.append((fields, array))
    return told
