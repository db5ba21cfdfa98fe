"""Reading images for models of any number of channels: arrays, TIFF files of many bands, files of NumPy."""

from collections.abc import Callable
from io import BytesIO
from os import PathLike
from pathlib import Path, PurePath
from typing import Final

import numpy as np
from PIL import Image

from vitxplain.data.bands import BandImage, Original
from vitxplain.data.deep_colour import reopened
from vitxplain.data.download import download, is_url
from vitxplain.data.multiband_tiff import read_tiff
from vitxplain.data.read_image import ImageLike, content_of, decoded, existing_file, name_of, read_image
from vitxplain.data.value_range import to_eight_bits, white_level
from vitxplain.errors import ImageError
from vitxplain.files.arrays import is_npz, read_npy, read_npz
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading

ARRAY_SUFFIXES: Final = (".npy", ".npz")
TIFF_SUFFIXES: Final = (".tif", ".tiff")
_BANDS_OF_MODES: Final = ("LA", "RGBA", "RGBX")  # of Pillow, whose channels may go in as they are


def read_original(source: ImageLike | BandImage, channels: int) -> Original:
    """An image as a model of so many channels takes it: RGB for one or three, else all of its bands.

    Raises:
        ImageError: it cannot be read, or has another number of bands than the model channels.
    """
    if isinstance(source, BandImage):
        return _checked(source, channels)
    if isinstance(source, np.ndarray):
        return read_image(source) if channels in (1, 3) else bands_of(source, channels)
    if channels not in (1, 3) and (held := content_of(source)) is not None:
        stream = BytesIO(held)
        return _whole(lambda: open_picture(stream), channels, name_of(source))
    if not isinstance(source, (str, PathLike, Image.Image)):
        return read_image(source)  # which takes bytes, or says that it is no image
    if channels in (1, 3) and (isinstance(source, Image.Image) or is_url(source)):
        return read_image(source)
    if isinstance(source, Image.Image):
        return _whole(reopened(source) or source.copy, channels, str(getattr(source, "filename", "")))
    if is_url(source):
        content = download(str(source))
        return _whole(lambda: open_picture(content), channels, str(source))
    return _of_file(source, channels)


def bands_of(array: np.ndarray, channels: int, source: str = "") -> BandImage:
    """An array (height, width, channels) or (channels, height, width), whichever has the model's number, as bands.

    Raises:
        ImageError: neither has, or both have; or its range could mean anything.
    """
    name = source or f"the array of {array.dtype}"
    axes = [axis for axis in (0, 2) if array.ndim == 3 and array.shape[axis] == channels]
    if len(axes) != 1 or 0 in array.shape:
        why = "both its first and its last axis have" if len(axes) == 2 else "neither its first nor its last axis has"
        raise ImageError(
            f"{name} has the shape {array.shape}: {why} {channels}, as many as the model takes channels; give (height, "
            f"width, {channels}), or a float tensor ({channels}, height, width) that is normalised already."
        )
    return _measured(np.moveaxis(array, 0, 2) if axes == [0] else array, source)


def _measured(values: np.ndarray, source: str) -> BandImage:
    """The image of bands (height, width, band), by the range its values say."""
    if not values.size:
        raise ImageError(f"{source or 'the array'} has no pixels: its shape is {values.shape}.")
    white = white_level(values, source or f"the array of {values.dtype}")
    return BandImage(values, white, stretched=values.dtype != np.uint8, filename=source)


def _checked(image: BandImage, channels: int) -> BandImage:
    if image.count != channels:
        raise ImageError(
            f"{image.filename or 'the image'} has {image.count} bands, and the model takes {channels} channels; choose "
            "as many of them, in the order the model was trained with."
        )
    return image


def _stored(path: Path, source: str) -> np.ndarray:
    """The array in a file of NumPy; of an archive the only one.

    Raises:
        ImageError: it cannot be read, or holds several.
    """
    with reading(source, "an array of NumPy", "save it again with numpy.save", ImageError):
        if not is_npz(path):
            return read_npy(path)
        arrays = read_npz(path, lambda names: names[:2])
    if len(arrays) != 1:
        raise ImageError(f"{source} holds {'no array' if not arrays else 'several arrays'}; save one with numpy.save.")
    return next(iter(arrays.values()))


def _of_file(source: str | PathLike[str], channels: int) -> Original:
    name, suffix, few = str(source), PurePath(source).suffix.lower(), channels in (1, 3)
    if suffix in ARRAY_SUFFIXES:
        array = _stored(existing_file(source), name)
        return (
            read_image(to_eight_bits(array, name) if array.size else array) if few else bands_of(array, channels, name)
        )
    if few:
        return _few_bands(source, channels) if suffix in TIFF_SUFFIXES else read_image(source)
    if suffix in TIFF_SUFFIXES:
        return _checked(_measured(read_tiff(existing_file(source), name), name), channels)
    path = existing_file(source)
    return _whole(lambda: open_picture(path), channels, name)


def _few_bands(source: str | PathLike[str], channels: int) -> Image.Image:
    """A TIFF file as RGB; those that Pillow does not know, of real numbers or many bands, by tifffile where it is."""
    try:
        return read_image(source)
    except ImageError as error:
        try:
            values = read_tiff(existing_file(source), str(source))
        except ImageError:
            raise error from None
    if values.shape[2] in (1, 3):
        return read_image(to_eight_bits(values, str(source)))
    raise ImageError(
        f"{source} has {values.shape[2]} bands, and the model takes {channels} channel{'s' * (channels > 1)}; choose "
        "as many of them, and save those as a file of their own."
    )


def _whole(opened: Callable[[], Image.Image], channels: int, name: str) -> BandImage:
    """A picture whose channels are as many as the model's: red, green, blue and a fourth, or grey and a second.

    `opened` opens it, as often as it is called.
    """

    def in_eight_bits(image: Image.Image, _: str) -> BandImage:
        values = np.asarray(image if image.mode in _BANDS_OF_MODES else image.convert("RGB"))
        return BandImage(values, 255.0, stretched=False, filename=name)

    image = decoded(opened, name or "the image", in_eight_bits, lambda values: _measured(values, name))
    if image.count == channels:
        return image
    raise ImageError(
        f"{name or 'the image'} has {image.count} channels, and the model takes {channels}; give an array (height, "
        f"width, {channels}), a TIFF file of {channels} bands, or a float tensor ({channels}, height, width)."
    )
