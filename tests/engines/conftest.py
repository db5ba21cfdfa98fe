"""A model, some images, and what becomes of them without an engine."""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.saved_models import vit_folder  # noqa: F401 - a fixture
from vitxplain.scale import ExplainBatches

IMAGES = 12
METHODS = ["rollout", "grad-cam"]


@pytest.fixture(autouse=True)
def _paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers import what this process does."""
    monkeypatch.setenv("PYTHONPATH", ":".join(path for path in (str(Path.cwd()), *sys.path) if path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def columns() -> dict[str, list[Any]]:
    """Files of images of two sizes, one of them damaged, and their numbers."""
    generator = np.random.default_rng(0)
    files = []
    for number in range(IMAGES):
        file = BytesIO()
        Image.fromarray(generator.integers(0, 256, (40 + 8 * (number % 2), 48, 3), dtype=np.uint8)).save(file, "png")
        files.append(file.getvalue())
    files[5] = b"no picture"
    return {"id": list(range(IMAGES)), "picture": files}


@pytest.fixture
def arguments(vit_folder: Path) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: F811
    """Of ExplainBatches."""
    return (str(vit_folder), METHODS), {"image": "picture", "batch_size": 2}


@pytest.fixture
def expected(arguments: tuple[tuple[Any, ...], dict[str, Any]], columns: dict[str, list[Any]]) -> dict[str, Any]:
    words, options = arguments
    return ExplainBatches(*words, **options)(columns)
