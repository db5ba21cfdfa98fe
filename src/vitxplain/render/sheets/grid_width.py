"""A grid of maps on paper of a given width: cells shrink or grow, names are broken or cut, the height follows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from vitxplain.errors import OptionError
from vitxplain.render.figure import HEADER, MARGIN, panel, sheet
from vitxplain.render.paper.vector import PRINT
from vitxplain.render.paper.width import LEAST_LETTERS, SMALLEST
from vitxplain.render.sheets.cells import Cell, Grid, Heading, MapCell, WordCell
from vitxplain.render.sheets.grid_places import (
    BAR,
    CAPTIONS,
    GAP,
    HIGHEST,
    NAME,
    NAMES,
    PAD,
    PLACE,
    SIDE,
    TICKS,
    WORDS,
    Places,
    Scale,
    Spot,
    cell_inches,
    gaps,
    group_starts,
    groups_of,
    heading_height,
    is_grouped,
    is_named,
    most_lines,
    starts_of,
)
from vitxplain.render.text_block import count_lines, widest_part
from vitxplain.words import counted

LEAST_PLACE: Final = 0.45  # inches: eight or nine of the smallest letters
LEAST_NAME: Final = 0.3  # inches of the names of rows
NAME_SHARE: Final = 0.2  # of the width, which the names of rows take at most
LINES = 5  # of names and captions at most
TICK: Final = 7.0  # points of a tick and of what lies between it and its number


def on_paper(grid: Grid, width: float) -> Places:
    """A page of this width in inches: cells shrink or grow, letters are broken and cut, and the height follows.

    Raises:
        OptionError: so many columns have no room for letters.
    """
    check_room(grid.rows, grid.columns, width)
    named, count, canvas = is_named(grid.rows), len(grid.columns), panel(sheet(1, 1), 0, 0, 1, 1)
    scale = Scale(float(np.clip(width / (count + named) / SIDE, LEAST_LETTERS, 1)), SMALLEST)
    gap, margin = scale.inches(GAP), scale.inches(MARGIN)
    room = width - 2 * margin - sum(gaps(grid.columns, scale))
    names = _name_width(canvas, grid.rows, width, scale, room - count * LEAST_PLACE - gap) if named else 0.0
    left = margin - MARGIN + (names + gap) * named
    shares = [
        [(PLACE, 1.0) if isinstance(cell, WordCell) else cell_inches(cell, 1.0) for cell in row] for row in grid.cells
    ]
    columns = [max(PLACE, *(row[column][0] for row in shares)) for column in range(count)]
    side = _side(columns, room - (names + gap) * named)
    widths = [max(share * side, LEAST_PLACE) for share in columns]
    sizes = [[(wide * side, high * side) for wide, high in row] for row in shares]
    grid = replace(grid, cells=[_broken(canvas, row, widths, scale) for row in grid.cells])
    captions = [_caption_height(canvas, row, widths, scale) for row in grid.cells]
    uppers, beside = _beside(canvas, grid.rows, names, scale)
    heights = [
        max(*(high + caption for _, high in row), lines)
        for row, caption, lines in zip(sizes, captions, beside, strict=True)
    ]
    above = (scale.inches(HEADER) if grid.headline else margin) - HEADER
    lefts = starts_of(widths, grid.columns, left, scale)
    group = 0.0
    if is_grouped(grid.columns):
        spans = [(name, lefts[end] + widths[end] - lefts[start]) for name, start, end in groups_of(grid.columns)]
        group = scale.lines(most_lines(canvas, spans, scale.points(NAMES), 2, "bold"), NAMES) + scale.inches(2 * PAD)
    heading = heading_height(grid.columns, widths, scale, LINES)
    tops = starts_of(heights, grid.rows, above + group + heading, scale)
    bottom, across = tops[-1] + heights[-1], lefts[-1] + widths[-1] - left
    bar = Spot(left, bottom + gap, min(across, HIGHEST), scale.inches(BAR))
    lines = count_lines(canvas, grid.bar, across, scale.points(WORDS))
    words_top = bar.top + bar.height + TICK / 72 + scale.lines(1, TICKS)
    words = Spot(left, words_top, across, scale.lines(lines, WORDS))
    return Places(
        grid,
        (width, HEADER + words.top + words.height + margin),
        scale,
        sizes,
        lefts,
        widths,
        tops,
        heights,
        captions,
        Spot(margin - MARGIN, tops[0], names, bottom - tops[0]),
        uppers,
        True,
        Spot(left, above, across, group),
        heading,
        bar,
        words,
        PRINT,
    )


def check_room(rows: Sequence[Heading], columns: Sequence[Heading], width: float) -> None:
    """Raises:
    OptionError: on paper of this width in inches letters of so many columns cannot be read.
    """
    scale = Scale(LEAST_LETTERS, SMALLEST)
    beside = 2 * scale.inches(MARGIN) + is_named(rows) * (LEAST_PLACE + scale.inches(GAP))
    needs = [beside + sum(gaps(columns[:count], scale)) + count * LEAST_PLACE for count in range(1, len(columns) + 1)]
    if needs[-1] <= width:
        return
    fitting = sum(need <= width for need in needs)
    raise OptionError(
        f"width is {width:g} inches, in which {counted(fitting, 'column')} of letters of {SMALLEST:g} points fit, and "
        f"this figure has {counted(len(columns), 'column')}, photographs included; give a width of at least "
        f"{needs[-1] + 0.05:.1f}, less to compare, or other sides as `rows`."
    )


def _side(shares: Sequence[float], room: float) -> float:
    """The side with which columns of these shares of it, none narrower than a place must be, fill the room."""
    scaled = list(shares)
    while True:
        side = (room - LEAST_PLACE * (len(shares) - len(scaled))) / sum(scaled)
        wide = [share for share in scaled if share * side > LEAST_PLACE - 1e-9]
        if len(wide) == len(scaled):
            return side
        scaled = wide


def _broken(canvas: Axes, cells: Sequence[Cell], widths: Sequence[float], scale: Scale) -> list[Cell]:
    """What a map is about and its score on lines of their own, where one line does not hold both."""
    points = scale.points(CAPTIONS)
    return [
        replace(cell, caption=cell.caption.replace(" · ", "\n"))
        if isinstance(cell, MapCell) and count_lines(canvas, cell.caption, width, points) > 1
        else cell
        for cell, width in zip(cells, widths, strict=True)
    ]


def _caption_height(canvas: Axes, cells: Sequence[Cell], widths: Sequence[float], scale: Scale) -> float:
    words = [(cell.caption, width) for cell, width in zip(cells, widths, strict=True) if isinstance(cell, MapCell)]
    lines = most_lines(canvas, words, scale.points(CAPTIONS), LINES)
    return scale.lines(lines, CAPTIONS) + (scale.inches(PAD) if lines else 0.0)


def _name_width(canvas: Axes, rows: Sequence[Heading], width: float, scale: Scale, most: float) -> float:
    """As wide as the longest word of the names of rows, within bounds."""
    points = scale.points(NAMES)
    words = [widest_part(canvas, heading.text, points) for heading in rows]
    words += [widest_part(canvas, heading.group, points, weight="bold") for heading in rows]
    return min(max(max(words), LEAST_NAME), scale.inches(NAME), max(NAME_SHARE * width, LEAST_PLACE), most)


def _beside(canvas: Axes, rows: Sequence[Heading], width: float, scale: Scale) -> tuple[list[float], list[float]]:
    """What the name of the group takes of each row, and how high the row is for it and its own name."""
    uppers, heights, points = [], [], scale.points(NAMES)
    for heading, starts in zip(rows, group_starts(rows), strict=True):
        lines = most_lines(canvas, [(heading.group, width)], points, 2, "bold") * starts
        uppers.append(scale.lines(lines, NAMES))
        heights.append(scale.lines(lines + most_lines(canvas, [(heading.text, width)], points, LINES), NAMES))
    return uppers, heights
