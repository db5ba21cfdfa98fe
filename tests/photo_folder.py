"""A working folder with photographs, for commands and what reads names as they are typed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with cat.png, dog.jpg, more/cat.png, broken.png and notes.txt."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for seed, (name, size) in enumerate({"cat.png": (40, 30), "dog.jpg": (64, 48), "more/cat.png": (20, 60)}.items()):
        pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    (folder / "broken.png").write_bytes((folder / "cat.png").read_bytes()[:200])
    (folder / "notes.txt").write_text("no image")
    monkeypatch.chdir(folder)
    return folder
