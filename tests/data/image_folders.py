"""Folders of images in the layouts people have."""

from pathlib import Path

import numpy as np
from PIL import Image

from vitxplain.data.synthetic.defects import Defects


def save(file: Path, pixels: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def noise(seed: int, size: tuple[int, int] = (6, 8)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def class_folders(root: Path, cats: int = 20, dogs: int = 10) -> Path:
    for name, count in {"cat": cats, "dog": dogs}.items():
        for number in range(count):
            save(root / name / f"{number:02d}.png", noise(number))
    return root


def masked_folders(root: Path, count: int = 10, size: tuple[int, int] = (96, 144), *, classes: bool = False) -> Path:
    """Every other image is good; with `classes` these have no mask."""
    data = Defects(size=size, count=count, hardness=0.3)
    for number in range(count):
        sample = data[number]
        word = sample.facts["defect"] if classes else ""
        save(root / "images" / word / f"{number:02d}.png", np.asarray(sample.image))
        if not classes or sample.label:
            save(root / "masks" / word / f"{number:02d}.png", sample.mask.astype(np.uint8) * 255)
    return root


VOC = """<annotation><filename>{name}.jpg</filename>{objects}</annotation>"""
OBJECT = (
    "<object><name>{word}</name><bndbox>"
    "<xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax><ymax>{3}</ymax></bndbox></object>"
)


def voc_folder(root: Path, count: int = 10, size: tuple[int, int] = (60, 80)) -> Path:
    """Image n has a dent of 10 x 12 px (height x width), n from the left and 2n from the top; every third has none."""
    for number in range(count):
        name = f"{number:02d}"
        save(root / "JPEGImages" / f"{name}.jpg", noise(number, size))
        box = number + 1, 2 * number + 1, number + 12, 2 * number + 10
        objects = "" if number % 3 == 0 else OBJECT.format(*box, word="dent")
        file = root / "Annotations" / f"{name}.xml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(VOC.format(name=name, objects=objects), "utf-8")
    return root


def segmented_voc_folder(root: Path, size: tuple[int, int] = (60, 80)) -> Path:
    """a: two discs, a dent (number 1) and a nick (2), their corners without pixels; b: no object, no segmentation."""
    height, width = np.ogrid[: size[0], : size[1]]
    numbers = np.zeros(size, np.uint8)
    objects = []
    for number, (word, row, column) in enumerate((("dent", 25, 20), ("nick", 30, 60)), 1):
        distance = (height - row) ** 2 + (width - column) ** 2
        numbers[distance <= 14**2] = 255
        numbers[distance <= 12**2] = number
        objects.append(OBJECT.format(column - 11, row - 11, column + 13, row + 13, word=word))
    save(root / "SegmentationObject" / "a.png", numbers)
    (root / "Annotations").mkdir()
    for name, found in {"a": "".join(objects), "b": ""}.items():
        save(root / "JPEGImages" / f"{name}.jpg", noise(1, size))
        (root / "Annotations" / f"{name}.xml").write_text(VOC.format(name=name, objects=found), "utf-8")
    return root
