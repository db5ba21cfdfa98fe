"""One map of another tool, at the pixels of its image."""

import zlib
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from PIL import Image

from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.maps.map_source import ScoredMap
from vitxplain.explanation.heatmap import unit_range
from vitxplain.explanation.resample import place
from vitxplain.explanation.storage import load
from vitxplain.geometry import Geometry

ENDINGS: Final = (".npz", ".npy", ".png")  # of several files about one image the first kind is read


def read_map(file: Path, image: Image.Image) -> ScoredMap:
    """The map in a file, scaled and laid over the whole image by the rules of `Explanation.heatmap`.

    npz: the array `values`, else the first one; where `Explanation.save` wrote it, its place on the image counts.

    Raises:
        DataError: the file holds no map, or one of another image.
    """
    size = (image.height, image.width)
    try:
        if file.suffix == ".npz" and file.with_suffix(".json").is_file():
            explanation = load(file)
            if explanation.geometry.image_size != size:
                raise DataError(
                    f"its map is of an image of {_sides(explanation.geometry.image_size)}, not {_sides(size)}."
                )
            return ScoredMap(explanation.heatmap(), not np.isfinite(explanation.values).all())
        values = _picture(file) if file.suffix.lower() == ".png" else _array(file)
    except UsageError as error:  # of what Explanation.save wrote
        raise DataError(f"its map cannot be read: {error}") from error
    while values.ndim > 2 and 1 in values.shape:  # an axis of batch or channels
        values = values.squeeze(values.shape.index(1))
    if values.ndim != 2 or not values.size or values.dtype.kind not in "biuf":
        raise DataError(
            f"its map has the shape {values.shape} of {values.dtype}; a map is numbers in rows and columns."
        )
    values = values.astype(np.float32)
    rows, columns = values.shape
    # Half a cell of rounding is no other shape.
    stretched = abs(rows * size[1] - columns * size[0]) > 0.5 * max(size[1], size[0]) + 0.5 * max(rows, columns)
    heat = place(unit_range(values), Geometry.identity(size))
    return ScoredMap(heat, broken=not np.isfinite(values).all(), stretched=stretched)


def _array(file: Path) -> np.ndarray:
    try:
        with file.open("rb") as opened:
            content: Any = np.load(opened, allow_pickle=False)
            if isinstance(content, np.ndarray):
                return content
            if not content.files:
                raise DataError("its map cannot be read: the file holds no array.")
            return content["values" if "values" in content.files else content.files[0]]
    except (OSError, ValueError, EOFError, MemoryError, NotImplementedError, BadZipFile, zlib.error) as error:
        raise DataError(_unread(error, "the file is damaged, or holds no plain array of numbers")) from error


def _picture(file: Path) -> np.ndarray:
    try:
        with Image.open(file) as opened:
            values, mode = np.asarray(opened), opened.mode
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(_unread(error, "the file is damaged, or no picture")) from error
    if mode in ("RGB", "RGBA") and (values[..., :1] == values[..., :3]).all():
        return values[..., 0]
    if mode not in ("1", "L", "I", "I;16", "F"):
        raise DataError(f"a map as png is grey, and this is a picture in colour ({mode}).")
    return values


def _unread(error: Exception, guess: str) -> str:
    """What the system says of a file it does not open; libraries speak of their own options."""
    return f"its map cannot be read: {getattr(error, 'strerror', None) or guess}."


def _sides(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]} pixels (height × width)"
