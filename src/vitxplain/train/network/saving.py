"""Files of a network: the folder that load_model opens, and the weights in a checkpoint."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.blueprint import Blueprint
from vitxplain.models.loading.quiet import quiet_transformers
from vitxplain.models.processors.whole_image import Pixels

WEIGHTS = "model.safetensors"  # in a checkpoint


def save_model(
    module: nn.Module, folder: Path, labels: tuple[str, ...], pixels: Pixels, blueprint: Blueprint | None
) -> None:
    """Write files of transformers, or safetensors and vitxplain.json for other libraries and for cut networks.

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


def save_weights(module: nn.Module, folder: Path) -> None:
    """Write the parameters that learn, and every buffer, into a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: value.detach().contiguous() for name, value in _changing_tensors(module).items()}, folder / WEIGHTS
    )


def load_weights(module: nn.Module, folder: Path) -> None:
    """Read into the network what `save_weights` wrote."""
    stored = load_file(folder / WEIGHTS)
    with torch.no_grad():
        for name, value in _changing_tensors(module).items():
            value.copy_(stored[name])


def _changing_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Parameters that learn, and buffers; a tensor that several names share comes once."""
    learning = {name: value for name, value in module.named_parameters() if value.requires_grad}
    return learning | dict(module.named_buffers())
