"""The weights that training changes, in one safetensors file: those that stay are in the model it started from."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

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
