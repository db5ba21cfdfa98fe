"""Text of several lines that fits its place: broken between words, smaller where it must be, cut at last."""

import re
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from matplotlib.axes import Axes

from vitxplain.render.figure import DPI, write
from vitxplain.render.fonts import drawable_lines, families

LINE: Final = 1.25 / 72  # inches of a line for each point of its letters
STEP, LEAST = 0.5, 6.5  # points
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
) -> None:
    """Write the words within `width` and `height` inches of the axes, in letters of `size` points at most.

    `across` and `down` are where they stand, in shares of the axes from the lower left; 0.5 is the middle.
    """
    if not words.strip() or width <= 0:
        return
    side = _SIDES[across]
    style = {"color": colour, "weight": weight, "ha": side, "va": "top", "transform": axes.transAxes}
    text = write(axes, across, down, "", fontsize=size, linespacing=1.15, **style)
    text.set_multialignment(side)

    def inches(part: str) -> float:
        text.set_text(drawable_lines(part))
        return float(text.get_window_extent().width) / DPI

    lines, points = _lines(words, width, inches), size
    while len(lines) * points * LINE > height and points > LEAST:
        points = max(points - STEP, LEAST)
        text.set_fontsize(points)
        lines = _lines(words, width, inches)
    most = max(int(height / (points * LINE)), 1)
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(f"{lines[most - 1]}…", width, inches)]
    block = len(lines) * points * LINE / height
    text.set_y(down + (1 - down) * block)  # by its top: the bottom of letters depends on which they are
    text.set_text("\n".join(drawable_lines(_cut(line, width, inches)) for line in lines))
    text.set_fontfamily(families())


def count_lines(axes: Axes, words: str, width: float, size: float) -> int:
    """How many lines the words take at this size."""
    text = write(axes, 0, 0, "", fontsize=size)

    def inches(part: str) -> float:
        text.set_text(drawable_lines(part))
        return float(text.get_window_extent().width) / DPI

    lines = len(_lines(words, width, inches))
    text.remove()
    return lines


def _lines(words: str, width: float, inches: Measure) -> list[str]:
    """Broken at spaces, and after the signs that names are joined by."""
    lines: list[str] = []
    for paragraph in words.splitlines():
        line = ""
        for part in re.findall(r"\S+?(?:[-_/~,.](?=\S)|\s+|$)|\s+", paragraph):
            if line and inches((line + part).rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            line += part
        lines.append(line.rstrip())
    return lines


def _cut(line: str, width: float, inches: Measure) -> str:
    """The line, its end left out where it is too long."""
    shown = line
    while inches(shown) > width and len(shown) > 2:
        shown = f"{shown.rstrip('…')[:-1].rstrip()}…"
    return shown
