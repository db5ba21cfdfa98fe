"""Images in any form a user has them, as upright RGB; and tensors that are already model input."""

import re
import warnings
from collections.abc import Callable
from io import BytesIO
from os import PathLike
from pathlib import Path, PurePath
from typing import Any, Protocol, TypeAlias, TypeGuard, TypeVar, runtime_checkable
from urllib.parse import unquote, urlsplit

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from vitxplain.data.deep_colour import deep_values, full_depth, is_deep_colour, reopened
from vitxplain.data.download import download, is_url
from vitxplain.data.value_range import to_eight_bits
from vitxplain.errors import ImageError
from vitxplain.files.opening import is_special
from vitxplain.files.paths import is_file, is_folder, user_path
from vitxplain.files.pictures import open_picture
from vitxplain.types import PixelValues


@runtime_checkable
class OpenFile(Protocol):
    """A file that is open for reading, or anything read like one."""

    def read(self, size: int = ..., /) -> bytes: ...


ImageLike: TypeAlias = str | PathLike[str] | Image.Image | np.ndarray | bytes | bytearray | memoryview | OpenFile

Made = TypeVar("Made")

BACKGROUND = (255, 255, 255)  # behind transparent pixels: what a viewer or a printed page shows


def read_image(source: ImageLike | Tensor) -> Image.Image:
    """Any image as 8-bit RGB, upright (EXIF orientation applied).

    Of an animation the first frame; transparency that a file or a PIL image states is laid on white; values of other
    ranges than 0..255 are scaled (`white_level`), not clipped.

    Args:
        source: a path, an http(s) address, a PIL image or an array (height, width[, 1 | 3 | 4 channels]) of a range
            that says what is white; its fourth channel may be anything (infrared, depth) and is left out, which a
            warning says.

    Raises:
        ImageError: nothing there, no image, a damaged one, or one too large to decode safely.
    """
    if isinstance(source, Image.Image):
        name = str(getattr(source, "filename", "")) or f"the {source.mode} image"
        return decoded(reopened(source) or source.copy, name, to_rgb)
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Tensor):
        raise ImageError(
            f"a {source.dtype} tensor of shape {tuple(source.shape)} is no image; float tensors (batch, channels, "
            "height, width) are taken as ready pixel_values, images as arrays (height, width, channels)."
        )
    if (held := content_of(source)) is not None:
        stream = BytesIO(held)
        return decoded(lambda: open_picture(stream), name_of(source), to_rgb)
    if not isinstance(source, (str, PathLike)):
        kind = _kind(source)
        raise ImageError(f"{kind} is no image; give a path, an address, bytes, an open file, a PIL image or an array.")
    if is_url(source):
        content = download(str(source))
        return decoded(lambda: open_picture(content), str(source), to_rgb)
    path = existing_file(source)
    return decoded(lambda: open_picture(path), str(source), to_rgb)


def content_of(source: object) -> bytes | None:
    """The bytes of an image that is given as bytes, or as a file that is open for reading; None for all else.

    A file is read from where it stands.

    Raises:
        ImageError: there are none, or the file gives text or cannot be read.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        content: Any = bytes(source)
    elif not is_open_file(source):
        return None
    else:
        try:
            content = source.read()
        except Exception as error:  # whatever a file of the user's own raises
            raise ImageError(f"{name_of(source)} cannot be read: {error}.") from error
    if not isinstance(content, bytes):
        raise ImageError(f'{name_of(source)} gives text, not bytes; open it with open(path, "rb").')
    if not content:
        raise ImageError(f"{name_of(source)} is empty (0 bytes), or was read to its end; seek(0) starts it again.")
    return content


def is_open_file(source: object) -> TypeGuard[OpenFile]:
    """Whether it is read as files are; PIL images and arrays are none."""
    return callable(getattr(source, "read", None)) and not isinstance(source, (str, PathLike))


def name_of(source: object) -> str:
    """An image in memory in messages: an open file's own name, where it has one."""
    name = getattr(source, "name", None) if is_open_file(source) else None
    return name if isinstance(name, str) and name else "the open file" if is_open_file(source) else "the image in bytes"


def stem_of(source: ImageLike) -> str:
    """The name results of this image are saved under: the file's name without its ending, else "image"."""
    if isinstance(source, Image.Image):
        source = getattr(source, "filename", "")
    if not isinstance(source, (str, PathLike)):
        return "image"
    return PurePath(_path_in(str(source)) if is_url(source) else source).stem or "image"


def _path_in(url: str) -> str:
    """The path of an address, without what a file's name cannot hold."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:  # no address; fetching it says so
        path = url
    return re.sub(r'[\0-\x1f\x7f\\:*?"<>|]', "_", path)


def as_pixel_values(tensor: Tensor) -> PixelValues:
    """A float tensor (channels, height, width) or (batch, channels, height, width) as a batch of model input.

    Raises:
        ImageError: not floating point, or another number of axes.
    """
    if not tensor.is_floating_point():
        raise ImageError(
            f"a {tensor.dtype} tensor cannot be pixel_values, which are normalised floats; "
            "pass raw images as arrays (height, width, channels), or as paths or PIL images."
        )
    if tensor.dim() not in (3, 4) or 0 in tensor.shape:
        raise ImageError(
            f"pixel_values have the axes (channels, height, width) or (batch, channels, height, width), "
            f"not the shape {tuple(tensor.shape)}."
        )
    return tensor if tensor.dim() == 4 else tensor[None]


def existing_file(source: str | PathLike[str]) -> Path:
    """The file meant, with something in it.

    Raises:
        ImageError: there is none.
    """
    if not str(source):
        raise ImageError("'' names no image; give a path, or leave it out.")
    path = user_path(source)
    try:
        size = path.stat().st_size
    except PermissionError as error:
        raise ImageError(f"{source} cannot be read: permission denied.") from error
    except (OSError, ValueError) as error:
        why = f" ({error.strerror if isinstance(error, OSError) else 'no file can have such a name'})"
        why = "" if isinstance(error, FileNotFoundError) else why
        raise ImageError(f"{source} does not exist{why}; check the path (it was looked up in {Path.cwd()}).") from error
    if is_folder(path):
        raise ImageError(f"{source} is a folder, not an image; name a file in it, or a pattern such as {path}/*.jpg.")
    if is_special(path):
        raise ImageError(f"{source} is a pipe, a device or a socket, not an image; save the image as a file.")
    if is_file(path) and not size:
        raise ImageError(f"{source} is empty (0 bytes); save or download it again.")
    return path


def _kind(thing: object) -> str:
    return "None" if thing is None else f"an object of type {type(thing).__name__}"


def _from_array(array: np.ndarray) -> Image.Image:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or 0 in array.shape:
        raise ImageError(
            f"an image array is (height, width) or (height, width, 1, 3 or 4 channels), not the shape {array.shape}."
        )
    whole = to_eight_bits(array, f"the array of {array.dtype}")
    array = whole[..., :3] if channels == 4 else whole
    if channels == 4 and int(whole[..., 3].min()) < 255:
        warnings.warn(
            "the fourth channel of an array is left out: nothing says whether it is transparency; if it is, give "
            "PIL.Image.fromarray(array, 'RGBA')",
            stacklevel=3,
        )
    array = array[..., 0] if array.ndim == 3 and channels == 1 else array
    return to_rgb(Image.fromarray(np.ascontiguousarray(array)), "the array")


def decoded(
    opened: Callable[[], Image.Image],
    name: str,
    made: Callable[[Image.Image, str], Made],
    of_deep: Callable[[np.ndarray], Made] | None = None,
) -> Made:
    """Open and decode, with everything Pillow may throw said in our words.

    Args:
        opened: opens the image.
        name: the image in messages.
        made: makes what is returned of the upright image and its name.
        of_deep: likewise of the 16-bit channels of one that has them; None scales them to 8 bits first.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        with opened() as image:  # files of several frames stay open otherwise
            deep = is_deep_colour(image)
            image.load()
            if deep and of_deep is not None:
                return of_deep(deep_values(image, opened, name))
            return made(full_depth(image, opened, name) if deep else ImageOps.exif_transpose(image), name)
    except UnidentifiedImageError:
        raise ImageError(f"{name} is not an image in a format that can be read; convert it to PNG or JPEG.") from None
    except Image.DecompressionBombError as error:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)  # Pillow warns at the number itself and refuses at twice as many
        raise ImageError(
            f"{name} is too large to decode safely (more than {most:,} pixels); shrink it first, or, in Python, raise "
            "PIL.Image.MAX_IMAGE_PIXELS if you trust it."
        ) from error
    except MemoryError as error:
        raise ImageError(f"{name} does not fit into memory; shrink it first.") from error
    except PermissionError as error:
        raise ImageError(f"{name} cannot be read: permission denied.") from error
    except ImageError:
        raise
    except Exception as error:  # on damaged files Pillow's decoders raise whatever their parsers meet
        reason = str(error).rstrip(".") or type(error).__name__
        raise ImageError(f"{name} is damaged or incomplete ({reason}); save or download it again.") from error


def to_rgb(image: Image.Image, name: str) -> Image.Image:
    """What was decoded as 8-bit RGB, transparency on white; `name` is for messages. ImageError: it has no pixels."""
    if 0 in image.size:
        raise ImageError(f"the image has no pixels ({image.width} x {image.height}).")
    if image.mode.startswith("I") or image.mode == "F":  # one channel of more than 8 bits
        return Image.fromarray(to_eight_bits(np.asarray(image), name)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, (*BACKGROUND, 255)), image).convert("RGB")
    return image.convert("RGB")
