"""Small models and images in folders, and `vitx` run on them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)
from typer.testing import CliRunner

from vitxplain.cli.main import app

LABELS = {0: "circle", 1: "square, box", 2: "star"}


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(scope="session")
def vit_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved ViT: 2 layers, 2 heads, 4 x 4 patches."""
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        id2label=LABELS,
        initializer_range=0.3,
    )
    return _saved(ViTForImageClassification(config), tmp_path_factory.mktemp("vit"))


@pytest.fixture(scope="session")
def cnn_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved ResNet of two stages."""
    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", id2label=LABELS)
    return _saved(ResNetForImageClassification(config), tmp_path_factory.mktemp("cnn"))


def _saved(model: torch.nn.Module, folder: Path) -> Path:
    model.save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


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


@pytest.fixture
def vitx() -> Callable[..., Said]:
    """`vitx(...)` in this process."""

    def run(*arguments: object) -> Said:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def vitx_process() -> Callable[..., Said]:
    """`vitx(...)` in a process of its own."""

    def run(*arguments: object, **settings: Any) -> Said:
        command = [sys.executable, "-m", "vitxplain", *map(str, arguments)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, **settings)
        return Said(result.returncode, result.stdout, result.stderr)

    return run
