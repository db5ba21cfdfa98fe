"""Batches of model input, from images of any kind or ready pixel_values."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from vitxplain.data.bands import BandImage
from vitxplain.data.read_bands import read_original
from vitxplain.data.read_image import ImageLike, as_pixel_values, is_open_file, name_of
from vitxplain.errors import ImageError, UsageError
from vitxplain.files.reading import shortened
from vitxplain.geometry import Geometry
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.models.processors.processor import Processor
from vitxplain.types import PixelValues

Picture: TypeAlias = ImageLike | BandImage
OneImage: TypeAlias = Picture | Tensor  # a tensor of three axes is one image, ready
Images: TypeAlias = OneImage | Iterable[OneImage]

BATCH_SIZE = 8  # images that run together; more gain little and cost memory
_IMAGE_KEYS = ("image", "pixel_values")  # where data sets of the Hub and processors have images


@dataclass(frozen=True, eq=False)
class Batch:
    """Images of one input size and part.

    `positions` are their places in what the user gave, `sources` where they came from.
    """

    positions: list[int]
    sources: list[str | None]
    pixel_values: PixelValues
    images: list[Image.Image]  # the originals, upright RGB
    geometries: list[Geometry]
    bands: list[BandImage | None]  # what those with other channels than red, green and blue were drawn of
    part: ImagePart | None = None  # of the input that the images fill, where the processor says so

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the model input."""
        return self.pixel_values.shape[-2], self.pixel_values.shape[-1]

    def name_of(self, index: int) -> str:
        """One of its images in a message: where it came from, else its place in what the user gave, from 0."""
        return self.sources[index] or f"image {self.positions[index]}"


def image_list(images: Images) -> tuple[list[OneImage], bool]:
    """Every image on its own, and whether the user gave just one.

    What is no image at all counts as one: reading it says so.

    Raises:
        UsageError: an empty list.
        ImageError: images that come with labels or names: a data set, a loader of batches, pairs, a row.
    """
    untyped: Any = images
    if isinstance(images, Mapping):
        raise _named(images)
    if isinstance(images, torch.utils.data.Dataset) and not isinstance(images, Iterable):
        raise _labelled(f"a {type(images).__name__} gives samples")
    whole = isinstance(images, (str, bytes, bytearray, memoryview, PathLike, Image.Image))
    single = whole or is_open_file(images) or not isinstance(images, Iterable)
    if single or (isinstance(images, (np.ndarray, Tensor)) and images.ndim != 4):
        return [untyped], True
    rows = _rows(untyped)  # a list, or a 4-D batch
    if not rows:
        raise UsageError("no images were given; pass a path, URL, PIL image, bytes, array or tensor, or a list.")
    return rows, False


def _rows(images: Iterable[Any]) -> list[Any]:
    """Every image of a list, a loader or another iterable; what is no image is noticed before all of them are read."""
    rows: list[Any] = []
    whole = f"a {type(images).__name__}" if isinstance(images, torch.utils.data.DataLoader) else "what was given"
    for position, row in enumerate(images):
        if isinstance(row, (list, tuple, Mapping)):
            held = (
                ", ".join(map(str, row)) if isinstance(row, Mapping) else ", ".join(type(one).__name__ for one in row)
            )
            raise _labelled(f"item {position} of {whole} is a {type(row).__name__} ({shortened(held)})")
        if isinstance(row, (int, np.integer)) and rows:
            raise _labelled(f"item {position} of {whole} is the number {row}")
        if isinstance(row, Tensor) and rows and row.dim() < 2 and not row.is_floating_point():
            raise _labelled(f"item {position} of {whole} is a tensor of labels, {tuple(row.shape)}")
        rows.append(row)
    return rows


def _labelled(what: str) -> ImageError:
    """What to say of images that come with something else."""
    return ImageError(
        f"{what}, and what is explained is images alone: of a data set [data[i][0] for i in range(8)], of a loader "
        'batch by batch `for images, labels in loader: explain(model, images)`, of rows with names [row["image"] for '
        "row in rows]."
    )


def _named(row: Mapping[Any, Any]) -> ImageError:
    """What to say of a row of a data set, or of what a processor of transformers gives."""
    held = f"with {shortened(', '.join(map(str, row)))}" if row else "with nothing in it"
    keys = [key for key in _IMAGE_KEYS if key in row]
    keys += [key for key, value in row.items() if isinstance(value, Image.Image) and key not in keys]
    way_out = f"give what is under one name, ROW[{keys[0]!r}]." if keys else "give the image alone."
    return ImageError(
        f"a {type(row).__name__} {held} is no image; a path, an address, bytes, an open file, a PIL image, an array, a "
        f"tensor of pixel_values or a list of them was expected: {way_out}"
    )


def source_of(image: OneImage) -> str | None:
    """The path or address of an image, where it has one."""
    if isinstance(image, (Image.Image, BandImage)):
        return str(getattr(image, "filename", "")) or None
    if is_open_file(image):
        return name_of(image) if isinstance(getattr(image, "name", None), str) else None
    return str(image) if isinstance(image, (str, PathLike)) else None


def batches(processor: Processor, images: Sequence[OneImage], limit: int) -> Iterator[Batch]:
    """The images in batches of one input size, at most `limit` each.

    Raises:
        ImageError: one of them cannot be read, or becomes numbers that are not finite.
        UsageError: one of them is a batch of several.
    """
    for start in range(0, len(images), limit):
        part = range(start, min(start + limit, len(images)))
        tensors = {position: image for position in part if isinstance(image := images[position], Tensor)}
        ready = {position: as_pixel_values(tensor) for position, tensor in tensors.items()}
        for position, pixels in ready.items():
            if len(pixels) > 1:
                raise UsageError(
                    f"image {position} is a batch of {len(pixels)}; give one batch a call, or images one by one, as "
                    "list(torch.cat(list(BATCHES))). vitxplain.scale.explain_dataset takes any number of images."
                )
        for shape in dict.fromkeys(pixels.shape for pixels in ready.values()):
            positions = [position for position in ready if ready[position].shape == shape]
            batch = _ready_batch(processor, positions, torch.cat([ready[position] for position in positions]))
            yield _finite(batch)
        pictures = {position: image for position in part if not isinstance(image := images[position], Tensor)}
        raw = list(pictures)
        originals = [read_original(image, processor.channels) for image in pictures.values()]
        for indices, pixel_values in processor.groups(originals) if originals else []:
            group = [originals[index] for index in indices]
            geometries = [processor.geometry((image.height, image.width)) for image in group]
            positions = [raw[index] for index in indices]
            sources = [source_of(images[position]) for position in positions]
            bands = [image if isinstance(image, BandImage) else None for image in group]
            shown = [image.picture() if isinstance(image, BandImage) else image for image in group]
            filled = processor.image_part((group[0].height, group[0].width))
            yield _finite(Batch(positions, sources, pixel_values, shown, geometries, bands, filled))


def numbered(batch: Batch) -> Batch:
    """Images without a name are image-0 and so on, by their places in what the user gave."""
    pairs = zip(batch.sources, batch.positions, strict=True)
    return replace(batch, sources=[source or f"image-{position}" for source, position in pairs])


def _ready_batch(processor: Processor, positions: list[int], pixel_values: PixelValues) -> Batch:
    """Pictures of them: normalisation undone for one channel or three, else each band in its own range."""
    in_memory = pixel_values.detach().float().cpu()  # once a batch: a GPU is waited for each time
    bands = [_bands(one) if pixel_values.shape[1] not in (1, 3) else None for one in in_memory]
    images = [
        picture(processor, pixels) if several is None else several.picture()
        for pixels, several in zip(in_memory, bands, strict=True)
    ]
    geometries = [Geometry.identity((image.height, image.width)) for image in images]
    return Batch(positions, [None] * len(positions), pixel_values, images, geometries, bands)


def _bands(pixels: Float[Tensor, "channel height width"]) -> BandImage:
    """Normalised pixels as bands to be drawn; what is not finite is refused elsewhere."""
    return BandImage(pixels.detach().float().cpu().nan_to_num(0).permute(1, 2, 0).numpy())


def _finite(batch: Batch) -> Batch:
    """The batch, checked to hold neither NaN nor infinity."""
    # All at once, since a GPU is waited for each time; of both ends, since a tensor of truths is dear. NaN is both.
    if not bool(torch.isfinite(torch.stack(torch.aminmax(batch.pixel_values))).all()):
        index = [bool(torch.isfinite(pixels).all()) for pixels in batch.pixel_values].index(False)
        raise ImageError(
            f"{batch.name_of(index)} has pixel_values that are NaN or infinite; "
            "check how they were made, first of all the mean and std that normalise them."
        )
    return batch


def picture(processor: Processor, pixels: Float[Tensor, "channel height width"]) -> Image.Image:
    """An image to draw on, of pixels that are normalised already.

    What the processor makes of plain black and plain white says how it normalises, so that can be undone. Pixels
    that cannot come from this processor (`is_stretched`) are stretched to their own range.
    """
    plain = _unnormalised(processor, pixels)
    if _is_beyond(plain):
        plain = pixels.detach().float().cpu()
        plain = (plain - plain.min()) / (plain.max() - plain.min()).clamp(min=1e-12)
    levels = plain.mul_(255).round_().clamp_(0, 255).nan_to_num_(0).to(torch.uint8)
    levels = levels if len(pixels) == 3 else levels[:1].expand(3, -1, -1)
    return Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy())


def is_stretched(processor: Processor, pixels: Float[Tensor, "channel height width"]) -> bool:
    """Whether the picture of such pixels is in no true colours: far below the processor's black, or above its white."""
    return len(pixels) not in (1, 3) or _is_beyond(_unnormalised(processor, pixels))


def _unnormalised(
    processor: Processor, pixels: Float[Tensor, "channel height width"]
) -> Float[Tensor, "channel height width"]:
    """In memory of its own."""
    black, white = processor.extremes
    pixels = pixels.detach().float().cpu()
    return (pixels - black).div_(white - black) if len(black) == len(pixels) else pixels.clone()


def _is_beyond(plain: Float[Tensor, "channel height width"]) -> bool:
    least, most = torch.aminmax(plain)
    return not (least >= -0.05 and most <= 1.05)
