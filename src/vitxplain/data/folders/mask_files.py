"""Masks on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vitxplain.data.folders.file_check import upright_size
from vitxplain.data.sample import Mask
from vitxplain.errors import DataError, ImageError
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading


@dataclass(frozen=True)
class MaskFile:
    """A mask: not zero on the object, or one of the values in `only`; without a path, the image holds no object."""

    path: Path | None = None
    only: tuple[int, ...] | None = None

    def read(self, size: tuple[int, int]) -> Mask:
        """Of an image of this (height, width).

        Raises:
            ImageError: the mask is damaged, or of another size.
        """
        if self.path is None:
            return np.zeros(size, bool)
        values = mask_values(self.path)
        check_size(self.path, values.shape, size)
        return values > 0 if self.only is None else np.isin(values, self.only)


def mask_values(path: Path) -> np.ndarray:
    """One number a pixel: the palette's index, the grey value, or the strongest of the colours.

    Raises:
        ImageError: it is damaged.
    """
    with reading(path, "a mask that can be read", "save it again as PNG", ImageError), open_picture(path) as image:
        if image.mode in ("LA", "PA", "RGBA", "CMYK", "YCbCr"):
            return np.asarray(image.convert("RGB")).max(-1)  # drawn colours, whatever is transparent
        values = np.asarray(image)
        return values if values.ndim == 2 else values.max(-1)


def check_size(path: Path, mask: tuple[int, ...], image: tuple[int, int]) -> None:
    """Raise ImageError for a mask of another (height, width) than its image."""
    if mask != image:
        raise ImageError(_misfit(path, mask, image))


def check_sizes(masks: Sequence[tuple[str, MaskFile, tuple[int, int]]]) -> None:
    """Raise DataError for masks of other sizes than their images, which would put the object elsewhere.

    This is no damage to skip: one such file mostly means that all masks were made from other versions of the images.
    """
    misfits = [
        _misfit(mask.path, mask_size, size)
        for _, mask, size in masks
        if mask.path is not None and (mask_size := upright_size(mask.path)) != size
    ]
    if misfits:
        more = f" {len(misfits) - 1} more masks do not fit." if len(misfits) > 1 else ""
        raise DataError(f"{misfits[0]}{more}")


def _misfit(path: Path, mask: tuple[int, ...], image: tuple[int, int]) -> str:
    mask_text, image_text = (" x ".join(map(str, size)) for size in (mask, image))
    return (
        f"the mask {path} is {mask_text} px (height x width), its image {image_text} px; make masks of the images "
        "as they are shown, upright and not scaled."
    )
