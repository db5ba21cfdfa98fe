"""Small models saved to folders, as users have them."""

from pathlib import Path

import pytest
import torch
from transformers import (
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

LABELS = {0: "circle", 1: "square, box", 2: "star"}


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
