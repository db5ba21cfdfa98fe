"""Whether a model looks at the `pixel_mask` it takes: found by trying."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.types import PixelValues


def takes_mask(module: nn.Module) -> bool:
    """Whether a padded batch is told by a `pixel_mask`."""
    return "pixel_mask" in inspect.signature(module.forward).parameters


def heeds_mask(
    module: nn.Module,
    channels: int,
    size: tuple[int, int],
    inputs: Callable[[PixelValues], dict[str, Any]] | None = None,
) -> bool:
    """Whether boxes (else the first output) are others where a part of the input, (height, width), is called padding.

    `inputs` are the keyword arguments that the module takes for pixel_values; None: these alone.
    Of a model of which this is so, boxes are shares of the image without its padding.
    """
    if not takes_mask(module):
        return False
    height, width = size
    weight: Any = next(module.parameters())
    pixels = torch.randn(1, channels, height, width, generator=torch.Generator().manual_seed(0)).to(weight)
    part = ImagePart(height - height // 2, width - width // 2)
    whole = torch.ones(1, height, width, dtype=torch.long, device=weight.device)
    with undisturbed(module), torch.no_grad():
        named = inputs(pixels) if inputs else {"pixel_values": pixels}
        first, second = (module(**named, pixel_mask=mask) for mask in (whole, part.mask(pixels)))
    key = "pred_boxes" if "pred_boxes" in first else next(iter(first.keys()))
    return not torch.equal(first[key], second[key])
