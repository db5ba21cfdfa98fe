"""`vitx` on a small model, in a folder with one good image; each file here is one theme of what users do wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.cli.conftest import Said, cnn_folder, small_demo, vit_folder, vitx, vitx_process  # noqa: F401 - fixtures

Vitx = Callable[..., Said]
Variant = Callable[..., Path]


def noise(height: int = 40, width: int = 30, seed: int = 0) -> np.ndarray:
    """Pixels of an image, (height, width, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def refused(said: Said, *words: str, code: int) -> None:
    """One error of ours: it holds these words and came without a traceback."""
    assert said.code == code, said
    assert said.err.startswith("error: ")
    for word in words:
        assert word in said.err
    assert "Traceback" not in said.err
    assert "should not happen" not in said.err
    assert said.err.count("error: ") == 1


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with good.png in it."""
    folder = tmp_path / "place"
    folder.mkdir()
    Image.fromarray(noise()).save(folder / "good.png")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def variant(vit_folder: Path, tmp_path: Path) -> Variant:  # noqa: F811
    """`variant(weights=..., **files)`: the model's folder with its tensors changed, or files with other content."""

    def make(weights: Callable[[dict[str, torch.Tensor]], Any] | None = None, **files: Any) -> Path:
        folder = tmp_path / "variant"
        shutil.copytree(vit_folder, folder)
        if weights is not None:
            tensors = load_file(folder / "model.safetensors")
            weights(tensors)
            save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        for name, content in files.items():
            path = next(folder.glob(f"{name}.*"))
            if content is None:
                path.unlink()
            elif isinstance(content, dict):
                path.write_text(json.dumps(json.loads(path.read_text()) | content))
            else:
                path.write_bytes(content)
        return folder

    return make
