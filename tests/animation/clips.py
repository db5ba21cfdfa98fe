"""Pictures that move, of squares of one colour."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image


def write_clip(path: Path, greys: Sequence[int], milliseconds: Sequence[int] | int = 50, **options: object) -> Path:
    """A clip whose frames are of these shades of grey."""
    first, *rest = (Image.new("RGB", (24, 20), (grey,) * 3) for grey in greys)
    first.save(path, save_all=True, append_images=rest, duration=milliseconds, **options)
    return path
