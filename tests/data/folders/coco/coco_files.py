"""Folders annotated as COCO does, small enough for tests."""

import json
from pathlib import Path
from typing import Any

from tests.data.stored import save_picture

CATEGORIES = [{"id": 3, "name": "cat"}, {"id": 90, "name": "toothbrush 🪥", "supercategory": "indoor"}]


def image(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "file_name": name, "height": 10, "width": 12, **more}


def entry(number: int, image_id: int, category: int = 3, box: Any = (1, 2, 4.5, 3), **more: Any) -> dict[str, Any]:
    return {"id": number, "image_id": image_id, "category_id": category, "bbox": list(box), "iscrowd": 0, **more}


def write(file: Path, images: Any, annotations: Any, categories: Any = CATEGORIES) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"info": {}, "images": images, "annotations": annotations, "categories": categories}
    file.write_text(json.dumps(content), "utf-8")
    return file


def coco(root: Path) -> Path:
    """Three images of 10 x 12 px (height x width): two cats and a toothbrush; a crowd of toothbrushes; nothing."""
    for number in (1, 2, 3):
        save_picture(root / "images" / f"{number}.png", number)
    square = [[1, 2, 5, 2, 5, 5, 1, 5]]
    crowd = {"size": [10, 12], "counts": [20, 30, 70]}
    entries = [
        entry(11, 1, segmentation=square),
        entry(12, 1, box=(6, 6, 2, 2), segmentation=[[6, 6, 8, 6, 8, 8]]),
        entry(13, 1, 90, (0, 0, 3, 3)),
        entry(14, 2, 90, (2, 0, 3, 10), segmentation=crowd, iscrowd=1),
    ]
    write(root / "instances.json", [image(n, f"{n}.png") for n in (1, 2, 3)], entries)
    return root
