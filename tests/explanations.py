"""Explanations made by hand, for tests of pictures and files."""

from typing import Any

import numpy as np
from PIL import Image

from vitxplain.explanation.explanation import Explanation
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import ExplainedTarget, Prediction

ROWS, COLUMNS = 3, 5
SHAPES = {  # one of every kind of axes, on a grid that is not square
    "row column": (ROWS, COLUMNS),
    "layer row column": (4, ROWS, COLUMNS),
    "head row column": (2, ROWS, COLUMNS),
    "layer head row column": (4, 2, ROWS, COLUMNS),
    "layer head": (4, 2),
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
