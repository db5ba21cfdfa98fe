"""Folders of images beside maps of classes, small enough for tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.data.stored import save_picture


def numbers() -> np.ndarray:
    """10 x 12 pixels (height x width): 40 of number 1, 6 of number 2, 12 of number 255, the others 0."""
    values = np.zeros((10, 12), np.uint8)
    values[0:5, 0:8], values[6:8, 0:3], values[9] = 1, 2, 255
    return values


def save_map(file: Path, values: np.ndarray) -> None:
    """With a palette whose colours are no numbers."""
    image = Image.fromarray(values)
    image.putpalette([value for number in range(256) for value in (255 - number, 7, number)])
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file)


def class_map_folder(
    root: Path, names: Sequence[str] = ("a", "b"), maps: str = "masks", images: str = "images"
) -> Path:
    """Images and their maps, all alike, and the names of three classes."""
    for number, name in enumerate(names):
        save_picture(root / images / f"{name}.png", number)
        save_map(root / maps / f"{name}.png", numbers())
    (root / "classes.txt").write_text("background\ncat\ndog 🐕\n", "utf-8")
    return root
