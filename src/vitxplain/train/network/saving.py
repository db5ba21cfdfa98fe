"""A trained network on disk, as load_model opens it."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.blueprint import Blueprint
from vitxplain.models.loading.quiet import quiet_transformers
from vitxplain.models.processors.whole_image import Pixels


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
    from_saved_folder.save(module, folder, {**(blueprint or {}), **facts})


NAME = "model.safetensors"


def save_weights(module: nn.Module, folder: Path) -> None:
    """Write the parameters that learn and every buffer."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.detach().contiguous() for name, value in _changing(module).items()}, folder / NAME)


def load_weights(module: nn.Module, folder: Path) -> None:
    """Put back what `save_weights` wrote."""
    stored = load_file(folder / NAME)
    with torch.no_grad():
        for name, value in _changing(module).items():
            value.copy_(stored[name])


def _changing(module: nn.Module) -> dict[str, Tensor]:
    """Each tensor once, whatever names share it."""
    learning = {name: value for name, value in module.named_parameters() if value.requires_grad}
    return learning | dict(module.named_buffers())
