"""Explanations made by hand, for tests of pictures and files."""

from typing import Any

import numpy as np
from PIL import Image

from vitxplain.explanation.explanation import Explanation
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import ExplainedTarget, Prediction
from vitxplain.tasks.detected import Detected

ROWS, COLUMNS = 3, 5
SHAPES = {  # one of every kind of axes, on a grid that is not square
    "row column": (ROWS, COLUMNS),
    "layer row column": (4, ROWS, COLUMNS),
    "head row column": (2, ROWS, COLUMNS),
    "layer head row column": (4, 2, ROWS, COLUMNS),
    "component row column": (3, ROWS, COLUMNS),
    "layer head": (4, 2),
    "layer head point quantity": (4, 2, 6, 8),
    "row column row2 column2": (ROWS, COLUMNS, ROWS, COLUMNS),
}


def photograph(height: int, width: int) -> Image.Image:
    """Red grows downwards, green to the right, blue is 100: every pixel says where it is."""
    down, across = np.mgrid[:height, :width]
    rgb = np.stack([255 * down // max(height - 1, 1), 255 * across // max(width - 1, 1), np.full_like(down, 100)], -1)
    return Image.fromarray(rgb.astype(np.uint8))


def explanation(
    values: np.ndarray | None = None,
    axes: str = "row column",
    *,
    size: tuple[int, int] = (60, 90),
    box: tuple[float, float, float, float] | None = None,
    **changes: Any,
) -> Explanation:
    """An explanation of an image of `size` (height, width), the model input showing `box` of it, by default all."""
    if values is None:
        values = np.random.default_rng(0).normal(size=SHAPES[axes])
    fields: dict[str, Any] = {
        "method": "grad-cam",
        "options": {"relu": False, "layer": None},
        "prediction": Prediction(("tench, Tinca tinca", "cup"), (0, 968), (0.75, 0.125)),
        "target": ExplainedTarget(0, "tench, Tinca tinca", 0.75),
        "grid": TokenGrid(ROWS, COLUMNS, 2, 1, (16.0, 8.0), (0, 1)),
        "provenance": {"model": {"id": "some/model", "revision": "abc"}, "versions": {"torch": "2"}, "seconds": 0.25},
    }
    return Explanation(
        values=values.astype(np.float32),
        axes=axes,
        geometry=Geometry(size, (48, 40), box or (0.0, 0.0, float(size[0]), float(size[1]))),
        image=photograph(*size),
        **(fields | changes),
    )


def detected(number: int = 0, **changes: Any) -> Explanation:
    """The explanation of one of two objects that were found, a dog and a cat."""
    objects = (
        Detected(1, "dog", 0.97, (10.0, 20.0, 40.0, 50.0), query=7),
        Detected(0, "cat, kitten", 0.66, (50.5, 5.0, 88.0, 30.25), query=2),
    )
    chosen = objects[number]
    target = ExplainedTarget(chosen.index, chosen.name, chosen.score, label=f"object-{number}", box=chosen.box)
    return explanation(**({"task": "object-detection", "detections": objects, "target": target} | changes))


def segmented(number: int = 0, **changes: Any) -> Explanation:
    """The explanation of one of two segments that were found, a sky above a road, on a map of 6 x 8 places."""
    sky = np.arange(6)[:, None] < np.full(8, 2)
    segments = (
        Detected(1, "road", 0.9, share=2 / 3, mask=~sky),
        Detected(2, "sky", 0.8, share=1 / 3, mask=sky),
    )
    chosen = segments[number]
    label = f"segment-{number}"
    target = ExplainedTarget(
        chosen.index, chosen.name, chosen.score, label=label, share=chosen.share, region=chosen.mask
    )
    return explanation(**({"task": "image-segmentation", "detections": segments, "target": target} | changes))
