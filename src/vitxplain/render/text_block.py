"""Text of several lines that fits its place: broken between words, smaller where it must be, cut at last."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, Literal, TypeAlias

from matplotlib.axes import Axes
from matplotlib.text import Text

from vitxplain.render.figure import DPI, write
from vitxplain.render.letters.fonts import drawable_lines, families

LINE: Final = 1.25 / 72  # inches of a line for each point of its letters
STEP, LEAST = 0.5, 6.5  # points
SLACK: Final = 1e-6  # inches, by which sums of heights may be off
_SIDES: Final[dict[float, Literal["left", "center", "right"]]] = {0.0: "left", 0.5: "center", 1.0: "right"}
Measure: TypeAlias = Callable[[str], float]  # how wide a line is, in inches


def text_block(
    axes: Axes,
    words: str,
    width: float,
    height: float,
    *,
    size: float,
    colour: str,
    weight: str = "normal",
    across: float = 0.5,
    down: float = 0.5,
    least: float = LEAST,
) -> None:
    """Write the words within `width` and `height` inches of the axes, in letters of `size` points at most.

    `across` and `down` are where they stand, in shares of the axes from the lower left; 0.5 is the middle.
    `least` are the points to which letters shrink before words are cut.
    """
    if not words.strip() or width <= 0:
        return
    side = _SIDES[across]
    style = {"color": colour, "weight": weight, "ha": side, "va": "top", "transform": axes.transAxes}
    text = write(axes, across, down, "", fontsize=size, linespacing=1.15, **style)
    text.set_multialignment(side)
    inches = partial(_inches, text)
    lines, points = _lines(words, width, inches), size
    while len(lines) * points * LINE > height + SLACK and points > least:
        points = max(points - STEP, least)
        text.set_fontsize(points)
        lines = _lines(words, width, inches)
    most = max(int((height + SLACK) / (points * LINE)), 1)
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(f"{lines[most - 1]}…", width, inches)]
    block = len(lines) * points * LINE / height
    text.set_y(down + (1 - down) * block)  # by its top: the bottom of letters depends on which they are
    text.set_text("\n".join(drawable_lines(_cut(line, width, inches)) for line in lines))
    text.set_fontfamily(families())


def count_lines(axes: Axes, words: str, width: float, size: float, weight: str = "normal") -> int:
    """How many lines the words take at this size."""
    with _ruler(axes, size, weight) as inches:
        return len(_lines(words, width, inches))


def widest_part(axes: Axes, words: str, size: float, weight: str = "normal") -> float:
    """Inches of the longest part of the words that is never broken."""
    with _ruler(axes, size, weight) as inches:
        return max((inches(part.rstrip()) for part in _parts(words)), default=0.0)


@contextmanager
def _ruler(axes: Axes, size: float, weight: str) -> Iterator[Measure]:
    text = write(axes, 0, 0, "", fontsize=size, weight=weight)
    try:
        yield partial(_inches, text)
    finally:
        text.remove()


def _inches(text: Text, part: str) -> float:
    """How wide this text is with these words."""
    text.set_text(drawable_lines(part))
    return float(text.get_window_extent().width) / DPI


def _parts(line: str) -> list[str]:
    """Broken at spaces, and after the signs that names are joined by; a number stays whole."""
    return re.findall(r"\S+?(?:(?:[-_/~,]|\.(?!\d))(?=\S)|\s+|$)|\s+", line)


def _lines(words: str, width: float, inches: Measure) -> list[str]:
    """As many parts a line as fit."""
    lines: list[str] = []
    for paragraph in words.splitlines():
        line = ""
        for part in _short_parts(paragraph, width, inches):
            if line and inches((line + part).rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += part
        lines.append(line.rstrip())
    return lines


def _short_parts(line: str, width: float, inches: Measure) -> Iterator[str]:
    """An option that no line holds is parted from its value, by which it differs from others."""
    for part in _parts(line):
        if "=" in part and inches(part.rstrip()) > width:
            yield from re.findall(r"[^=]+=?|=", part)
        else:
            yield part


def _cut(line: str, width: float, inches: Measure) -> str:
    """The line, its end left out where it is too long."""
    shown = line
    while inches(shown) > width and len(shown) > 2:
        shown = f"{shown.rstrip('…')[:-1].rstrip()}…"
    return shown
