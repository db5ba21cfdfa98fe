"""transformers' image processors as plain functions, at their own or another size."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from jaxtyping import Bool
from PIL import Image, ImageOps

from vitxplain.errors import UsageError
from vitxplain.models.processors.band_processors import band_by_band, for_channels, single_channels
from vitxplain.models.processors.patchify import unpatchify
from vitxplain.models.processors.processor import Processor, ToMask, ToPixels
from vitxplain.models.processors.simple_processor import from_callable
from vitxplain.types import PixelValues


def wrap_processor(processor: Any, image_size: tuple[int, int] | None = None, channels: int | None = None) -> Processor:
    """A Processor from one of transformers (or from what holds one), changed to `image_size` if given.

    `channels` are those the model says it takes: a processor that normalises all of its own alike serves them too.
    """
    processor = for_channels(getattr(processor, "image_processor", processor), channels)
    name = type(processor).__name__
    if image_size is None:
        return Processor.observed(_to_pixels(processor), name, processor, _to_mask(processor))
    if hasattr(processor, "data_config"):  # transformers' wrapper of timm
        from timm.data import create_transform

        channels = processor.data_config["input_size"][0]
        return from_callable(create_transform(**processor.data_config | {"input_size": (channels, *image_size)}), name)
    for candidate in _resized(processor, image_size):
        try:
            resized = Processor.observed(candidate, name, processor)
            fits = resized.input_size == image_size and resized.keeps_size
        # It knows no such setting, or cuts images into parts.
        except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, UsageError):
            continue
        if fits:
            return resized
    raise UsageError(f"{name} cannot be set to make {image_size[0]} x {image_size[1]} pixels; leave image_size out.")


def _settings(processor: Any) -> Mapping[str, Any]:
    """What is said explicitly where it can be: an image of one or three pixels' height looks like channels-first."""
    parameters = inspect.signature(processor.preprocess).parameters.values()
    takes_format = any(one.name == "input_data_format" or one.kind is one.VAR_KEYWORD for one in parameters)
    return {"input_data_format": "channels_last"} if takes_format else {}


def _to_pixels(processor: Any) -> ToPixels:
    settings, mean = _settings(processor), getattr(processor, "image_mean", None)
    if isinstance(mean, Sequence) and len(mean) not in (1, 3):
        return partial(band_by_band, [partial(_processed, one, "L", settings) for one in single_channels(processor)])
    # One with a single mean is for grey images, but hands on the channels an image has.
    mode = "L" if isinstance(mean, Sequence) and len(mean) == 1 else "RGB"
    return partial(_processed, processor, mode, settings)


def _to_mask(processor: Any) -> ToMask | None:
    """The mask of one image, of processors that make one."""
    mean = getattr(processor, "image_mean", None)
    if isinstance(mean, Sequence) and len(mean) != 3:
        return None
    of_image = partial(_mask, processor, _settings(processor))
    return None if of_image(Image.new("RGB", (256, 256))) is None else of_image


def _mask(processor: Any, settings: Mapping[str, Any], image: Image.Image) -> Bool[torch.Tensor, "height width"] | None:
    """Which pixels of its input show one image; None of a processor that makes none."""
    batch = processor(images=[image], return_tensors="pt", **settings)
    return batch["pixel_mask"][0] != 0 if "pixel_mask" in batch else None


def _processed(processor: Any, mode: str, settings: Mapping[str, Any], images: Sequence[Image.Image]) -> PixelValues:
    batch = processor(images=[image.convert(mode) for image in images], return_tensors="pt", **settings)
    pixels = batch["pixel_values"]
    if "spatial_shapes" in batch:
        return _from_patches(pixels, batch["spatial_shapes"])
    if len(pixels) != len(images):
        raise _in_parts(processor, images, len(pixels))
    return pixels.float()


def _in_parts(processor: Any, images: Sequence[Image.Image], parts: int) -> UsageError:
    """What to say of a processor that makes several inputs of an image."""
    (width, height), (rows, columns) = images[0].size, _sides(processor)
    return UsageError(
        f"{type(processor).__name__} cuts an image of {height} x {width} px into parts ({parts} inputs for "
        f"{len(images)} in all), which the model sees one by one; a map is made of one input an image. Give a part "
        f"of it with equal sides (image.crop), or show the whole image at once: image_size=({rows}, {columns}) "
        f"(--image-size {rows}x{columns})."
    )


def _sides(processor: Any) -> tuple[int, int]:
    """(height, width) of what the processor makes of an image of equal sides."""
    made = processor(images=[Image.new("RGB", (64, 64))], return_tensors="pt")["pixel_values"]
    return made.shape[-2], made.shape[-1]


def _from_patches(patches: torch.Tensor, shapes: torch.Tensor) -> PixelValues:
    """A processor that cuts images into patches, undone: patches are made again as the model takes them."""
    (rows, columns), *further = shapes.tolist()
    if any(shape != [rows, columns] for shape in further):
        raise UsageError("these images keep their proportions and fill no common batch; give them one at a time.")
    patch_size = round((patches.shape[-1] / 3) ** 0.5)
    return unpatchify(patches.float(), rows, columns, patch_size)


def _resized(processor: Any, size: tuple[int, int]) -> Iterator[ToPixels]:
    """The processor with its size set in each way processors know; the caller looks which one works."""
    height, width = size
    exact = {"height": height, "width": width}
    shortest = _get(processor.size, "shortest_edge") if getattr(processor, "size", None) else None
    crop = getattr(processor, "crop_size", None)
    if shortest and crop and getattr(processor, "do_center_crop", False):
        # Keep the margin the crop leaves: 256 and 224 become 438 and 384.
        ratio = shortest / min(_get(crop, "height") or shortest, _get(crop, "width") or shortest)
        yield _with(processor, size={"shortest_edge": round(ratio * max(size))}, crop_size=exact)
    if shortest and height == width:
        yield _with(processor, size={"shortest_edge": height})
    yield _with(processor, size=exact, crop_size=exact)
    yield _with(processor, size=exact, do_center_crop=False, do_pad=False, do_split_image=False)
    if shortest:  # it crops, but squares only: the crop is done here, the rest by the processor
        yield partial(_cropped, _with(processor, do_resize=False, do_center_crop=False), (width, height))


def _cropped(to_pixels: ToPixels, size: tuple[int, int], images: Sequence[Image.Image]) -> PixelValues:
    """Of images cropped to (width, height) before."""
    return to_pixels([ImageOps.fit(image, size, Image.Resampling.BICUBIC) for image in images])


def _with(processor: Any, **settings: Any) -> ToPixels:
    changed = deepcopy(processor)
    for name, value in settings.items():
        current: Any = getattr(changed, name, None)
        fits_type = isinstance(value, dict) and current is not None and not isinstance(current, dict)
        setattr(changed, name, type(current)(**value) if fits_type else value)
    return _to_pixels(changed)


def _get(size: Any, key: str) -> int | None:
    return size.get(key) if isinstance(size, dict) else getattr(size, key, None)
