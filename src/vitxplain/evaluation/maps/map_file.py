"""One map of another tool, at the pixels of its image."""

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.maps.map_source import ScoredMap
from vitxplain.explanation.heatmap import unit_range
from vitxplain.explanation.resample import place
from vitxplain.explanation.storage import load
from vitxplain.files.arrays import is_npz, read_npy, read_npz
from vitxplain.files.paths import is_file
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading
from vitxplain.geometry import Geometry

ADVICE: Final = "write the map again as a plain array of numbers, or a grey png"
ENDINGS: Final = (".npz", ".npy", ".png")  # of several files about one image the first kind is read


def read_map(file: Path, image: Image.Image) -> ScoredMap:
    """The map in a file, scaled and laid over the whole image by the rules of `Explanation.heatmap`.

    npz: the array `values`, else the first one; where `Explanation.save` wrote it, its place on the image counts.

    Raises:
        DataError: the file holds no map, or one of another image.
    """
    size = (image.height, image.width)
    try:
        if file.suffix == ".npz" and is_file(file.with_suffix(".json")):
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
    with reading(file.name, "a map", ADVICE):
        if not is_npz(file):
            return read_npy(file)
        arrays = read_npz(file, lambda names: ["values"] if "values" in names else names[:1])
        if not arrays:
            raise ValueError("it holds no array")
        return next(iter(arrays.values()))


def _picture(file: Path) -> np.ndarray:
    with reading(file.name, "a map", ADVICE), open_picture(file) as picture:
        values, mode = np.asarray(picture), picture.mode
    if mode in ("RGB", "RGBA") and (values[..., :1] == values[..., :3]).all():
        return values[..., 0]
    if mode not in ("1", "L", "I", "I;16", "F"):
        raise DataError(f"a map as png is grey, and this is a picture in colour ({mode}).")
    return values


def _sides(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]} pixels (height × width)"
