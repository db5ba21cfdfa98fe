"""The folder of photographs that benchmarks/methods.py takes, made from a small file in COCO's format."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.methods import samples
from benchmarks.photographs import main, recognised

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BOX = [60.0, 20.0, 240.0, 20.0, 240.0, 200.0, 60.0, 200.0]


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    """A cat and its bowl, a cat in a crowd, and a cup of coffee that the model calls an espresso."""

    def outlined(image: int, category: int, outline: list[float], crowd: int = 0) -> dict[str, Any]:
        return {"image_id": image, "category_id": category, "segmentation": [outline], "iscrowd": crowd}

    files = {1: EXAMPLES / "cat.jpg", 2: EXAMPLES / "coffee.jpg", 3: EXAMPLES / "cat.jpg"}
    content = {
        "images": [
            {"id": number, "file_name": f"{number:012}.jpg", "coco_url": file.as_uri()}
            for number, file in files.items()
        ],
        "categories": [{"id": 17, "name": "cat"}, {"id": 47, "name": "cup"}, {"id": 51, "name": "bowl"}],
        "annotations": [
            outlined(1, 17, BOX),
            outlined(1, 17, [0.0, 0.0, 9.0, 0.0, 9.0, 9.0, 0.0, 9.0]),
            outlined(1, 51, BOX),
            outlined(1, 17, [250.0, 0.0, 299.0, 0.0, 299.0, 99.0], crowd=1),
            outlined(2, 47, BOX),
            outlined(3, 17, BOX, crowd=1),
        ],
    }
    (tmp_path / "instances.json").write_text(json.dumps(content))
    return tmp_path / "instances.json"


@pytest.mark.real
def test_pairs_of_an_image_and_what_the_model_recognises(annotations: Path, deit_tiny: Path, tmp_path: Path) -> None:
    main([str(annotations), "--model", str(deit_tiny), "--out", str(tmp_path / "photographs")])
    (pair,) = json.loads((tmp_path / "photographs" / "index.json").read_text())
    assert (pair["image"], pair["object"]) == ("images/000000000001.jpg", "cat")
    assert 281 <= pair["imagenet_class"] <= 285
    (sample,) = samples(str(tmp_path / "photographs"), None)
    with Image.open(EXAMPLES / "cat.jpg") as image:
        expected = np.zeros((image.height, image.width), bool)
    expected[20:201, 60:241] = expected[:10, :10] = True
    np.testing.assert_array_equal(sample.mask, expected)
    assert sample.label == pair["imagenet_class"]


def test_no_class_is_two_things() -> None:
    classes = [number for spans in recognised().values() for low, high in spans for number in range(low, high + 1)]
    assert len(classes) == len(set(classes))
    assert set(classes) <= set(range(1000))
