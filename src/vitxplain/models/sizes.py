"""Sizes as users write them: 384, "384x512", (384, 512); always (height, width)."""

import re
from collections.abc import Sequence
from typing import TypeAlias

from vitxplain.errors import OptionError

SizeLike: TypeAlias = int | str | Sequence[int]


def parse_size(size: SizeLike) -> tuple[int, int]:
    """(height, width) of one of the forms above; one number means a square.

    Raises:
        OptionError: anything else.
    """
    if isinstance(size, str) and re.fullmatch(r"\s*\d+\s*([xX×,]\s*\d+\s*)?", size):
        size = [int(number) for number in re.findall(r"\d+", size)]
    if isinstance(size, int):
        size = (size, size)
    if not isinstance(size, str) and len(size) in (1, 2):
        height, width = int(size[0]), int(size[-1])
        if min(height, width) > 0:
            return height, width
    raise OptionError(f"{size!r} is no image size; write 384 for a square, or height and width as 384x512.")
