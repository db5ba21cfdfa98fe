"""A trained network on disk, as load_model opens it."""

from pathlib import Path

from torch import nn
from transformers import PreTrainedModel

from vitxplain.models import saved_folder
from vitxplain.models.blueprint import Blueprint
from vitxplain.models.quiet import quiet_transformers
from vitxplain.train.whole_image import Pixels


def save(module: nn.Module, folder: Path, labels: tuple[str, ...], pixels: Pixels, blueprint: Blueprint | None) -> None:
    """Files of transformers, or safetensors and vitxplain.json for other libraries and for networks cut short.

    Raises:
        OSError: the folder cannot be written.
    """
    if blueprint is None and isinstance(module, PreTrainedModel):
        with quiet_transformers():
            module.save_pretrained(folder)
            pixels.transformers_processor().save_pretrained(folder)
        return
    facts = {
        "num_classes": len(labels),
        "labels": list(labels),
        "input_size": list(pixels.size),
        "mean": list(pixels.mean),
        "std": list(pixels.std),
    }
    saved_folder.save(module, folder, {**(blueprint or {}), **facts})
