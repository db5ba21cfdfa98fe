"""Tiny, lively models of every image classifier of transformers, and what is found when they are tried."""

import tempfile
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import save_file
from torch import nn
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES

from tests.sweeps.checks import Trial, facts, tried
from tests.sweeps.lively import lively, noise, settled
from tests.sweeps.transformers_configs import input_size, tiny_config
from vitxplain.errors import ModelLoadError
from vitxplain.models.loading.load import load_model

# Class -> model type, as transformers lists them.
CLASSES = {
    name: kind
    for kind, names in MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES.items()
    for name in ([names] if isinstance(names, str) else names)
}
REFUSED = {
    "DinatForImageClassification": "needs natten, which is not installed: pip install natten",
    "ImageGPTForImageClassification": (
        "ImageGPTForImageClassification takes input_ids, past_key_values instead of pixel_values, so it cannot be "
        "given an image; choose another model for image classification."
    ),
    "ShieldGemma2ForImageClassification": (
        "ShieldGemma2ForImageClassification wants text (input_ids) beside the image, which is not given here; choose a "
        "model that classifies images alone."
    ),
}


def tiny_model(name: str, **changes: Any) -> nn.Module:
    """A small model of this class whose weights do something."""
    torch.manual_seed(0)
    model = lively(getattr(transformers, name)(tiny_config(CLASSES[name], **changes)))
    return settled(model, pixel_values=noise(input_size(CLASSES[name]), 8))


def trial(name: str) -> Trial:
    """What comes of a model of this class."""
    size = input_size(CLASSES[name])
    return tried(name, tiny_model(name), lambda module: load_model(module, mean=0.5, std=0.5, size=size))


def refusal(name: str) -> str:
    """Why a saved model of this class cannot be opened."""
    config = tiny_config(CLASSES[name])
    with tempfile.TemporaryDirectory() as folder:
        try:
            getattr(transformers, name)(config).save_pretrained(folder)
        except ImportError:
            config.save_pretrained(folder)
            save_file({"any": torch.zeros(1)}, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        try:
            load_model(folder, mean=0.5, std=0.5, size=32)
        except ModelLoadError as error:
            return str(error).replace(f"{folder} ", "")
    raise AssertionError(f"{name} opened")


def rows() -> dict[str, Any]:
    """The table of supported models."""
    return {
        name: {"refused": REFUSED[name]} if name in REFUSED else facts(trial(name).model) for name in sorted(CLASSES)
    }
