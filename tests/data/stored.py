"""Data sets on disk, small enough for tests."""

import gzip
import struct
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int = 0, size: tuple[int, int] = (10, 12)) -> Image.Image:
    """Noise of this (height, width)."""
    return Image.fromarray(np.random.RandomState(seed).randint(0, 256, (*size, 3), dtype=np.uint8))


def save_picture(path: Path, seed: int = 0, size: tuple[int, int] = (10, 12)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, size).save(path)


def save_mask(path: Path, box: tuple[int, int, int, int] | None = None, size: tuple[int, int] = (10, 12)) -> None:
    """255 within (left, top, right, bottom)."""
    values = np.zeros(size, np.uint8)
    if box:
        left, top, right, bottom = box
        values[top:bottom, left:right] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def class_folders(root: Path, counts: Mapping[str, int]) -> Path:
    """`counts` images for each folder below root."""
    for number, (folder, count) in enumerate(counts.items()):
        for index in range(count):
            save_picture(root / folder / f"{index:03d}.png", 1000 * number + index)
    return root


def save_idx(file: Path, values: np.ndarray) -> None:
    content = b"\0\0\x08" + bytes([values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)


def png_bytes(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def annotate(file: Path, *objects: tuple[str, tuple[int, int, int, int]]) -> None:
    """A Pascal-VOC annotation: names with (xmin, ymin, xmax, ymax), counted from 1."""
    file.parent.mkdir(parents=True, exist_ok=True)
    sides = ("xmin", "ymin", "xmax", "ymax")
    boxes = [
        f"<object><name>{name}</name><bndbox>"
        + "".join(f"<{side}>{value}</{side}>" for side, value in zip(sides, box, strict=True))
        + "</bndbox></object>"
        for name, box in objects
    ]
    file.write_text(f"<annotation>{''.join(boxes)}</annotation>")
