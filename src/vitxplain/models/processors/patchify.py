"""Models whose forward takes patches (NaFlex, arXiv 2502.14786): plain images in, patches made on the way."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from vitxplain.errors import UsageError
from vitxplain.types import PixelValues


def takes_patches(module: nn.Module) -> bool:
    """Whether the forward wants the grid of the patches beside them."""
    return "spatial_shapes" in inspect.signature(module.forward).parameters


def patch_inputs(patch_size: int) -> Callable[[PixelValues], dict[str, Any]]:
    """Keyword arguments of a forward that takes patches, from images whose sides are multiples of `patch_size`."""
    return partial(_in_patches, patch_size)


def _in_patches(patch_size: int, pixel_values: PixelValues) -> dict[str, Any]:
    batch, _, height, width = pixel_values.shape
    if height % patch_size or width % patch_size:
        raise UsageError(f"this model takes patches of {patch_size} px; {height} x {width} pixel_values do not divide.")
    rows, columns = height // patch_size, width // patch_size
    return {
        "pixel_values": patchify(pixel_values, patch_size),
        "pixel_attention_mask": torch.ones(batch, rows * columns, dtype=torch.int32, device=pixel_values.device),
        "spatial_shapes": torch.tensor([[rows, columns]] * batch, device=pixel_values.device),
    }


def patchify(pixel_values: PixelValues, patch_size: int) -> Tensor:
    """(batch, patches, patch row * patch column * channel), row by row."""
    batch, channels, height, width = pixel_values.shape
    rows, columns = height // patch_size, width // patch_size
    patches = pixel_values.reshape(batch, channels, rows, patch_size, columns, patch_size)
    return patches.permute(0, 2, 4, 3, 5, 1).reshape(batch, rows * columns, patch_size * patch_size * channels)


def unpatchify(patches: Tensor, rows: int, columns: int, patch_size: int) -> PixelValues:
    """The inverse of `patchify`; patches beyond `rows * columns` are padding and dropped."""
    batch = patches.shape[0]
    grid = patches[:, : rows * columns].reshape(batch, rows, columns, patch_size, patch_size, -1)
    return grid.permute(0, 5, 1, 3, 2, 4).reshape(batch, -1, rows * patch_size, columns * patch_size)
