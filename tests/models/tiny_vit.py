"""A tiny seeded ViT as users have models: in memory, in a folder, in a Hub's cache."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import ViTConfig, ViTForImageClassification

PROCESSOR = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": 32, "width": 32},
    "do_resize": True,
    "do_rescale": True,
    "do_normalize": True,
    "rescale_factor": 1 / 255,
    "resample": 3,
    "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.5, 0.25, 0.2],
}


def tiny_vit(**changes: Any) -> ViTForImageClassification:
    torch.manual_seed(0)
    settings = {
        "image_size": 32,
        "patch_size": 8,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "id2label": {0: "cat", 1: "dog", 2: "newt"},
        "label2id": {"cat": 0, "dog": 1, "newt": 2},
    }
    return ViTForImageClassification(ViTConfig(**settings | changes)).eval()


def save_tiny_vit(folder: Path, processor: bool = True, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tiny_vit(**changes).save_pretrained(folder)
    if processor:
        (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return folder
