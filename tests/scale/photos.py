"""A folder of small images, and a small model for them."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import transformers
from PIL import Image

from tests.explainers.tiny import sharpened
from vitxplain import load_model
from vitxplain.models.vision_model import VisionModel

METHODS: Final = ["attention-rollout", "grad-cam"]


def photographs(folder: Path, number: int = 9) -> Path:
    """Images of several sizes at two depths, and a damaged one."""
    generator = np.random.default_rng(0)
    (folder / "deep").mkdir(parents=True)
    for index in range(number):
        pixels = generator.integers(0, 256, (40 + 8 * (index % 3), 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / ("deep" if index % 2 else "") / f"{index}.png")
    (folder / "damaged.png").write_bytes(b"no picture")
    return folder


def small_model(**stated: Any) -> VisionModel:
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        image_size=32, patch_size=8, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    module = sharpened(transformers.ViTForImageClassification(config))
    return load_model(module, **{"mean": 0.5, "std": 0.5, "size": (32, 32), **stated})


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in it, by its path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
