"""vitxplain.json, the description of a saved model: everything in it is of its kind before anything is built."""

import math
from pathlib import Path
from typing import Any, Final

from vitxplain.errors import ModelLoadError
from vitxplain.files.documents import read_object
from vitxplain.files.reading import reading, shortened

NEEDED: Final = ("backend", "num_classes", "input_size", "mean", "std")  # and architecture or config; labels if any
LONGEST: Final = 2**14  # pixels of a side of the input
MOST_CLASSES: Final = 10**6


def read_manifest(path: Path) -> dict[str, Any]:
    """The description in a file.

    Raises:
        ModelLoadError: it is none, or incomplete, or holds something of another kind than it should.
    """
    with reading(path, "a description of a saved model", "save the model again", ModelLoadError):
        manifest = read_object(path)
        missing = [name for name in NEEDED if name not in manifest]
        missing += [] if "architecture" in manifest or "config" in manifest else ["architecture"]
        if missing:
            raise ModelLoadError(f"{path} lacks {', '.join(missing)}; save the run again.")
        _check(manifest)
    return manifest


def _check(manifest: dict[str, Any]) -> None:
    """Raise ValueError for the first thing that is of another kind than it should be."""
    classes, labels = manifest["num_classes"], manifest.get("labels")
    channels = len(manifest["mean"]) if isinstance(manifest["mean"], list) else 0
    wants = {
        "backend": (_is_name(manifest["backend"]), "the name of a library"),
        "num_classes": (_is_count(classes, MOST_CLASSES), f"a number from 1 to {MOST_CLASSES:,}"),
        "input_size": (
            manifest["input_size"] is None or _is_size(manifest["input_size"]),
            "(height, width) in pixels, or null where images stay as they are",
        ),
        "image_size": (_is_size(manifest.get("image_size", [1, 1])), "(height, width) in pixels"),
        "mean": (channels > 0 and _are_numbers(manifest["mean"]), "a number for each channel"),
        "std": (_are_numbers(manifest["std"]) and len(manifest["std"]) == channels, "a number for each channel"),
        "labels": (not labels or _are_names(labels), "the names of its classes"),
        "architecture": (_is_name(manifest.get("architecture", "none")), "the name of a model"),
        "config": (_is_config(manifest.get("config", {"model_type": "none"})), "a configuration with its model_type"),
        "cut_at": (_is_name(manifest.get("cut_at", "none")), "the name of a layer"),
    }
    for name, (is_right, what) in wants.items():
        if not is_right:
            raise ValueError(f"its {name} is {shortened(repr(manifest.get(name)))[:80]}, and should be {what}")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def _is_size(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_count(side, LONGEST) for side in value)


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number) for number in values
    )


def _are_names(labels: Any) -> bool:
    names = labels.values() if isinstance(labels, dict) else labels if isinstance(labels, list) else (None,)
    return all(isinstance(name, str) for name in names)


def _is_config(value: Any) -> bool:
    return isinstance(value, dict) and _is_name(value.get("model_type"))
