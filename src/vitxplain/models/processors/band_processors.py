"""transformers' image processors for other channels than red, green, blue: each band goes through as a grey image."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from PIL import Image

from vitxplain.data.bands import BandImage, Original
from vitxplain.types import PixelValues


def for_channels(processor: Any, channels: int | None) -> Any:
    """The processor with one mean and deviation for each of `channels`, where its own are all alike; else as it is."""
    means: Any = getattr(processor, "image_mean", None)
    deviations: Any = getattr(processor, "image_std", None)
    if channels is None or not (_alike(means) and _alike(deviations)):
        return processor
    changed = deepcopy(processor)
    changed.image_mean, changed.image_std = [means[0]] * channels, [deviations[0]] * channels
    return changed


def _alike(values: Any) -> bool:
    """Whether these are numbers, all the same."""
    return isinstance(values, Sequence) and len(set(values)) == 1


def single_channels(processor: Any) -> list[Any]:
    """The processor once for each of its channels, with that one's mean and deviation."""
    copies = []
    for mean, std in zip(processor.image_mean, processor.image_std, strict=True):
        copies.append(deepcopy(processor))
        copies[-1].image_mean, copies[-1].image_std = [mean], [std]
    return copies


def band_by_band(
    processors: Sequence[Callable[[Sequence[Image.Image]], PixelValues]], images: Sequence[Original]
) -> PixelValues:
    """Each band through its own processor, in the 8 bits that the library resizes in; a plain image is every band."""
    bands = [processor([_grey(image, band) for image in images]) for band, processor in enumerate(processors)]
    return torch.cat(bands, 1)


def _grey(image: Original, band: int) -> Image.Image:
    if not isinstance(image, BandImage):
        return image.convert("L")
    return Image.fromarray((image.band(band).clip(0, 1) * 255).round().astype(np.uint8))
