"""Tiny models from scratch, seeded, and how a run saves them."""

from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, ViTImageProcessorPil

from vitxplain.models.scratch.options import pair
from vitxplain.models.scratch.scratch import scratch

LABELS = ("cat", "dog", "newt")
SMALL: dict[str, dict[str, Any]] = {
    "vit": {
        "image_size": (24, 40),
        "patch_size": 8,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "initializer_range": 0.3,
    },
    "cnn": {"image_size": (24, 40), "widths": (8, 16), "blocks": (1, 1), "strides": (2, 1)},
    "unet": {"image_size": (24, 40), "widths": (8, 16), "blocks": (1, 1)},
    "rt-detr": {
        "image_size": (32, 48),
        "stem_width": 8,
        "widths": (8, 16),
        "blocks": (1, 1),
        "levels": 1,
        "hidden_size": 16,
        "num_attention_heads": 2,
        "mlp_size": 16,
        "num_decoder_layers": 1,
        "num_queries": 5,
        "num_denoising": 2,
    },
}


def tiny(kind: str, **options: Any) -> PreTrainedModel:
    torch.manual_seed(0)
    return scratch(kind, LABELS, SMALL[kind] | options).eval()


def saved(model: PreTrainedModel, folder: Path) -> Path:
    height, width = pair(model.config.image_size)
    model.save_pretrained(folder)
    halves = [0.5] * 3
    size = {"height": height, "width": width}
    ViTImageProcessorPil(size=size, image_mean=halves, image_std=halves).save_pretrained(folder)
    return folder


def pixels(model: PreTrainedModel, number: int = 2) -> torch.Tensor:
    size = pair(model.config.image_size)
    return torch.randn(number, 3, *size, generator=torch.Generator().manual_seed(0))
