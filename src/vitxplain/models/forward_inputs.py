"""What a transformers forward wants beside the pixels, told by its signature."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from vitxplain.errors import ModelLoadError
from vitxplain.models.patchify import patch_inputs, takes_patches
from vitxplain.types import PixelValues


def forward_inputs(module: nn.Module, usual_size: tuple[int, int]) -> Callable[[PixelValues], dict[str, Any]]:
    """From pixel_values to the forward's keyword arguments; positions are interpolated at other sizes than its own.

    Raises:
        ModelLoadError: the forward takes no pixel_values.
    """
    config: Any = module.config
    parameters = inspect.signature(module.forward).parameters
    if "pixel_values" not in parameters:
        raise ModelLoadError(
            f"{type(module).__name__} takes {', '.join(list(parameters)[:2])} instead of pixel_values, so it cannot be "
            "given an image; choose another model for image classification."
        )
    if takes_patches(module):
        return patch_inputs(getattr(config, "vision_config", config).patch_size)
    if "interpolate_pos_encoding" not in parameters:
        return lambda pixel_values: {"pixel_values": pixel_values}
    own = getattr(getattr(config, "vision_config", config), "image_size", usual_size)
    own = (own, own) if isinstance(own, int) else tuple(own)

    def inputs(pixel_values: PixelValues) -> dict[str, Any]:
        other_size = tuple(pixel_values.shape[-2:]) != own
        return {"pixel_values": pixel_values, **({"interpolate_pos_encoding": True} if other_size else {})}

    return inputs
