"""Processors from three facts: mean, standard deviation and size; or from any callable."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from vitxplain.data.bands import BandImage, Original
from vitxplain.errors import UsageError
from vitxplain.models.processors.band_pixels import resized_bands
from vitxplain.models.processors.processor import Processor
from vitxplain.types import PixelValues

EXAMPLES = (
    "mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), size=224 for most ImageNet models, "
    "or processor=, a function from a PIL image to a (channels, height, width) tensor"
)


def per_channel(value: float | Sequence[float], channels: int = 3) -> tuple[float, ...]:
    """One number a channel; a single one serves all."""
    return (float(value),) * channels if isinstance(value, (int, float)) else tuple(float(one) for one in value)


def statistics(mean: Sequence[float], std: Sequence[float], size: tuple[int, int] | None) -> Processor:
    """Resize the whole image to (height, width), scale to [0, 1], normalise; one channel means greyscale.

    Without a size images stay as large as they are; those of a batch must be alike then.

    Of two, four or more channels each is a band of its own: a plain image stands for all of them in grey.

    Raises:
        UsageError: as many means as standard deviations are needed, at least one; a deviation of 0 cannot be.
    """
    if len(mean) != len(std) or not mean or 0 in std:
        raise UsageError(f"mean={tuple(mean)} and std={tuple(std)} do not fit: give one number for each channel.")
    centre, scale = (torch.tensor(values).view(1, -1, 1, 1) for values in (mean, std))
    if size is None:
        return Processor.observed(partial(_at_their_size, centre, scale), "mean and std")
    return Processor(partial(_normalised, centre, scale, size), size, "mean and std")


def _at_their_size(centre: Tensor, scale: Tensor, images: Sequence[Original]) -> PixelValues:
    return torch.cat([_normalised(centre, scale, (image.height, image.width), [image]) for image in images])


def _normalised(centre: Tensor, scale: Tensor, size: tuple[int, int], images: Sequence[Original]) -> PixelValues:
    bands = centre.numel()
    plain = [image for image in images if not isinstance(image, BandImage)]
    if bands not in (1, 3) or len(plain) < len(images):
        return (resized_bands(images, bands, size) - centre) / scale
    height, width = size
    mode = "L" if bands == 1 else "RGB"
    resized = [image.convert(mode).resize((width, height), Image.Resampling.BICUBIC) for image in plain]
    stacked = np.stack([np.asarray(image, np.float32).reshape(height, width, -1) for image in resized])
    # Copied into rows of one channel: in channels-last order a module's own `view` fails.
    pixels = torch.from_numpy(stacked).permute(0, 3, 1, 2).clone(memory_format=torch.contiguous_format)
    return (pixels / 255 - centre) / scale


def from_callable(transform: Callable[[Image.Image], Any], name: str | None = None) -> Processor:
    """A processor from a transform of one PIL image to a (channels, height, width) tensor, as torchvision's are."""
    return Processor.observed(partial(_transformed, transform), name or type(transform).__name__)


def _transformed(transform: Callable[[Image.Image], Any], images: Sequence[Image.Image]) -> PixelValues:
    return torch.stack([_pixels(transform(image)) for image in images])


def _pixels(returned: Any) -> Float[Tensor, "channel height width"]:
    """What a transform returned, if that is what it must be.

    Raises:
        UsageError: it is not; often a PIL image still.
    """
    try:
        pixels = torch.as_tensor(returned).float()
    except (TypeError, ValueError, RuntimeError):
        pixels = None
    if pixels is None or pixels.dim() != 3:
        shape = "" if pixels is None else f" of shape {tuple(pixels.shape)}"
        raise UsageError(
            f"the processor makes a {type(returned).__name__}{shape} of a PIL image; it must make a (channels, height, "
            "width) tensor (torchvision: end it with ToTensor and Normalize)."
        )
    return pixels
