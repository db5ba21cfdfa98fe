"""TIFF files of any number of bands and bits, by tifffile: Pillow reads up to four bands of 8 bits."""

import struct
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vitxplain.errors import ImageError
from vitxplain.files.arrays import MOST_ARRAY_BYTES
from vitxplain.files.opening import open_file
from vitxplain.files.reading import reading
from vitxplain.options.extras import check_installed

_MOST_EXPANSION = 1_100  # deflate packs 1,032 equal bytes into a byte, and no other common packing much more
MOST_PAGES = 2**16
_ALWAYS_ALLOWED = 2**26  # bytes; small enough to be tried whatever the tags promise


def read_tiff(path: Path, source: str) -> np.ndarray:
    """The first image of the file as (height, width, band); pages of one size are bands, too.

    Args:
        path: the file.
        source: as the user gave it.

    Raises:
        ImageError: tifffile is not installed, or the file is damaged, too large or holds no single image.
    """
    check_installed(source, "tifffile", error=ImageError)
    with reading(source, "a TIFF file that can be read", "write it again", ImageError):
        import tifffile

        with open_file(path) as file:
            size = file.seek(0, 2)
            file.seek(0)
            with tifffile.TiffFile(file) as tiff:
                _check_pages(tiff.tiff, file, size)
                series = tiff.series[0]
                _check_size(series, size)
                return _with_bands_last(series.asarray(), series.axes)


def _check_pages(form: Any, file: BinaryIO, size: int) -> None:
    """Each page says where the next one lies; in a damaged file they may follow one another in a circle, for ever.

    `form` is tifffile's, which says how numbers are written.
    """
    file.seek(4 if form.version == 42 else 8)  # 43 is BigTIFF
    passed: set[int] = set()
    while (page := _number(file, form.offsetformat, form.offsetsize)) and page < size:
        if page in passed:
            raise ValueError("its pages follow one another in a circle")
        if len(passed) == MOST_PAGES:
            raise ValueError(f"it has more than {MOST_PAGES:,} pages")
        passed.add(page)
        file.seek(page)
        tags = _number(file, form.tagnoformat, form.tagnosize)
        file.seek(page + form.tagnosize + tags * form.tagsize)


def _number(file: BinaryIO, form: str, size: int) -> int:
    """The next one in the file; 0 where it ends."""
    content = file.read(size)
    return int(struct.unpack(form, content)[0]) if len(content) == size else 0


def _check_size(series: Any, size: int) -> None:
    """Room is made for what the tags promise, so a damaged file must not promise what its bytes cannot hold."""
    promised = prod(series.shape) * series.dtype.itemsize
    if promised > MOST_ARRAY_BYTES:
        raise ValueError(f"its image takes {promised:,} bytes, more than {MOST_ARRAY_BYTES:,}; cut it into tiles")
    if promised > max(_ALWAYS_ALLOWED, _MOST_EXPANSION * size):
        raise ValueError(
            f"its image takes {promised:,} bytes, more than its {size:,} bytes can hold; "
            "if it is whole, write it without compression"
        )


def _with_bands_last(values: np.ndarray, axes: str) -> np.ndarray:
    """By the names the library gives the axes: Y down, X across, and whatever else of more than one is the bands."""
    others = [axis for axis, name in enumerate(axes) if name not in "YX" and values.shape[axis] > 1]
    if "Y" not in axes or "X" not in axes or len(others) > 1:
        raise ValueError(f"it holds axes {axes} of {values.shape}, more than the bands of one image")
    return np.moveaxis(values, [axes.index("Y"), axes.index("X"), *others], range(2 + len(others))).reshape(
        values.shape[axes.index("Y")], values.shape[axes.index("X")], -1
    )
