"""The keyword arguments of a transformers forward, read off its signature."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from vitxplain.errors import ModelLoadError
from vitxplain.models.processors.patchify import patch_inputs, takes_patches
from vitxplain.models.processors.task_words import TaskWords
from vitxplain.types import PixelValues

_SWITCH = "interpolate_pos_encoding"


def forward_inputs(
    module: nn.Module, usual_size: tuple[int, int], words: TaskWords | None = None
) -> Callable[[PixelValues], dict[str, Any]]:
    """From pixel_values to the forward's keyword arguments; positions are interpolated at other sizes than its own.

    `words` are for models that are told their task (`wants_its_task`).

    Raises:
        ModelLoadError: the forward takes no pixel_values, or text beside them.
    """
    config: Any = module.config
    parameters = inspect.signature(module.forward).parameters
    if "pixel_values" not in parameters:
        raise ModelLoadError(
            f"{type(module).__name__} takes {', '.join(list(parameters)[:2])} instead of pixel_values, so it cannot be "
            "given an image; choose another model for image classification."
        )
    if "input_ids" in parameters:
        raise ModelLoadError(
            f"{type(module).__name__} wants text (input_ids) beside the image, which is not given here; choose a model "
            "that classifies images alone."
        )
    if wants_its_task(module):
        if words is None:
            raise ModelLoadError(
                f"{type(module).__name__} wants its task in words (task_inputs) beside the image, and nothing says how "
                "words become its input; in Python give its OneFormerProcessor as processor=, with image processor and "
                "tokenizer."
            )
        return words
    if takes_patches(module):
        return patch_inputs(getattr(config, "vision_config", config).patch_size)
    pixels = _pixels(module, usual_size)
    if not shows_all_patches(module):
        return pixels
    patch = config.patch_size
    return partial(_in_order, (patch, patch) if isinstance(patch, int) else tuple(patch), pixels)


def shows_all_patches(module: nn.Module) -> bool:
    """Whether an encoder that draws which patches it hides (MAE, arXiv 2111.06377) is set to hide none of them."""
    ratio = getattr(getattr(module, "config", None), "mask_ratio", None)
    return ratio == 0 and "noise" in inspect.signature(module.forward).parameters


def _pixels(module: nn.Module, usual_size: tuple[int, int]) -> Callable[[PixelValues], dict[str, Any]]:
    if not _interpolates(module):
        return _plain
    config: Any = module.config
    own_size = getattr(getattr(config, "vision_config", config), "image_size", usual_size)
    return partial(_interpolated, (own_size, own_size) if isinstance(own_size, int) else tuple(own_size or usual_size))


def _in_order(
    patch_size: tuple[int, int], inputs: Callable[[PixelValues], dict[str, Any]], pixel_values: PixelValues
) -> dict[str, Any]:
    """With numbers that rise from patch to patch: the encoder sorts patches by them, and leaves all in their place."""
    rows, columns = (side // patch for side, patch in zip(pixel_values.shape[-2:], patch_size, strict=True))
    rising = torch.arange(rows * columns, device=pixel_values.device, dtype=torch.float32)
    return {**inputs(pixel_values), "noise": rising.expand(pixel_values.shape[0], -1)}


def wants_its_task(module: nn.Module) -> bool:
    """Whether a model is told in words what to do."""
    return "task_inputs" in inspect.signature(module.forward).parameters


def _plain(pixel_values: PixelValues) -> dict[str, Any]:
    return {"pixel_values": pixel_values}


def _interpolated(own_size: tuple[int, ...], pixel_values: PixelValues) -> dict[str, Any]:
    other_size = tuple(pixel_values.shape[-2:]) != own_size
    return {"pixel_values": pixel_values, **({_SWITCH: True} if other_size else {})}


def _interpolates(module: nn.Module) -> bool:
    """Whether the forward takes the switch, itself or for a part it passes keywords on to."""
    parameters = inspect.signature(module.forward).parameters
    if _SWITCH in parameters:
        return True
    passes_on = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    return passes_on and any(_SWITCH in inspect.signature(part.forward).parameters for part in module.modules())
