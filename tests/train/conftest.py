"""Folders of images in classes, and a small saved model."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.saved_models import vit_folder  # noqa: F401 - a fixture


@pytest.fixture
def photo_folder(tmp_path: Path) -> Callable[[Mapping[str, int]], Path]:
    """A folder with so many images of each class, each class of a colour of its own."""

    def make(classes: Mapping[str, int]) -> Path:
        for place, (name, count) in enumerate(classes.items()):
            (tmp_path / "photos" / name).mkdir(parents=True)
            for index in range(count):
                pixels = np.random.default_rng(index).integers(0, 80, (24, 24, 3), dtype=np.uint8)
                pixels[..., place % 3] += 150
                Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{index:02}.png")
        return tmp_path / "photos"

    return make
