"""Sizes as users write them: 384, "384x512", (384, 512); always (height, width)."""

import re
from collections.abc import Sequence
from numbers import Integral
from typing import Any, TypeAlias

from vitxplain.errors import OptionError

SizeLike: TypeAlias = int | str | Sequence[int]

LONGEST = 2**15  # pixels of a side; far beyond what a model takes, and what a mistyped size must not allocate


def parse_size(size: SizeLike) -> tuple[int, int]:
    """(height, width) of one of the forms above; one number means a square.

    Raises:
        OptionError: anything else.
    """
    sides: Any = size
    if isinstance(size, str):
        match = re.fullmatch(r"\s*(\d{1,9})\s*(?:[xX×,]\s*(\d{1,9})\s*)?", size, re.ASCII)
        sides = [int(side) for side in match.groups() if side] if match else []
    elif not isinstance(size, Sequence):
        sides = (size, size)
    integral = all(isinstance(side, Integral) and not isinstance(side, bool) for side in sides)
    if integral and len(sides) in (1, 2) and min(sides) > 0 and max(sides) <= LONGEST:
        return int(sides[0]), int(sides[-1])
    raise OptionError(
        f"{size!r} is no image size; write 384 for a square, or height and width as 384x512 (at most {LONGEST} each)."
    )
