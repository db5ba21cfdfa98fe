"""Where everything of a grid of maps stands: the page is as large as its cells need."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from vitxplain.render.figure import DPI, HEADER, MARGIN, NARROWEST, panel, sheet
from vitxplain.render.sheets.cells import Cell, Grid, Heading, MapCell
from vitxplain.render.text_block import LEAST, LINE, count_lines

SIDE, LEAST_SIDE, WIDEST = 1.75, 1.05, 15.0  # inches of a square cell, and of all columns together
GAP, BETWEEN = 0.09, 0.3  # inches between cells, and between groups
CAPTION, GROUP, NAME, PAD = 0.2, 0.3, 1.25, 0.06  # inches of what is written below, above and beside cells
BAR, LABEL, HIGHEST = 0.13, 0.8, 2.6  # inches of the colour bar, its words, and its height
NAMES, CAPTIONS, REASONS, TICKS, WORDS = 9.5, 7.5, 8.0, 8.5, 9.0  # points
LONGEST: Final = 1.5  # sides of an image, in those of a square one of the same area
PLACE: Final = 0.8  # the narrowest place, in sides
PIXELS: Final = 2  # of an image for each of the screen


class Spot(NamedTuple):
    """A rectangle in inches from the content's top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Scale:
    """What letters, and the room between cells, are of their size on a screen."""

    factor: float = 1.0
    least: float = LEAST  # points

    def points(self, size: float) -> float:
        return max(size * self.factor, self.least)

    def letters(self, size: float) -> dict[str, Any]:
        """As `text_block` takes them."""
        return {"size": self.points(size), "least": self.least}

    def inches(self, size: float) -> float:
        return size * self.factor

    def lines(self, count: int, size: float) -> float:
        """Inches of so many lines of letters that have `size` points on a screen."""
        return count * self.points(size) * LINE


@dataclass(frozen=True)
class Places:
    """In inches, as `panel` counts them."""

    grid: Grid  # with the line breaks that captions need
    page: tuple[float, float]
    scale: Scale
    sizes: Sequence[Sequence[tuple[float, float]]]  # of cells, (width, height)
    lefts: Sequence[float]  # of columns
    widths: Sequence[float]
    tops: Sequence[float]  # of rows
    heights: Sequence[float]  # with what stands below the cells
    captions: Sequence[float]
    names: Spot  # of rows
    uppers: Sequence[float]  # of each row, what the name of its group takes
    below_groups: bool  # whether the names of rows stand below those of their groups, in place of in the middle
    groups: Spot  # of columns
    heading: float  # the height of their names
    bar: Spot
    bar_words: Spot | None  # None: along the bar
    dots: float  # an inch of the photographs


def on_screen(grid: Grid) -> Places:
    """Cells of one size, and a page that has room for them."""
    side = float(np.clip(WIDEST / max(len(grid.columns), 1) - GAP, LEAST_SIDE, SIDE))
    sizes = [[cell_inches(cell, side) for cell in row] for row in grid.cells]
    widths = [max((row[column][0] for row in sizes), default=0.0) for column in range(len(grid.columns))]
    widths = [max(width, PLACE * side) for width in widths]
    captions = [CAPTION * any(isinstance(cell, MapCell) and cell.caption for cell in row) for row in grid.cells]
    heights = [
        max((high for _, high in row), default=side) + caption for row, caption in zip(sizes, captions, strict=True)
    ]
    left = NAME + GAP if is_named(grid.rows) else 0.0
    group = GROUP * is_grouped(grid.columns)
    above = 0.0 if grid.headline else MARGIN - HEADER
    heading = heading_height(grid.columns, widths, Scale(), 3)
    top = heading + group + above
    lefts = starts_of(widths, grid.columns, left, Scale())
    tops = starts_of(heights, grid.rows, top, Scale())
    width, height = lefts[-1] + widths[-1], tops[-1] + heights[-1]
    page = max(width + GAP + BAR + LABEL + 2 * MARGIN, NARROWEST), height + HEADER + MARGIN
    uppers = [
        min(0.4 * high, 2 * NAMES * LINE) * starts
        for high, starts in zip(heights, group_starts(grid.rows), strict=True)
    ]
    return Places(
        grid,
        page,
        Scale(),
        sizes,
        lefts,
        widths,
        tops,
        heights,
        captions,
        Spot(0.0, top, NAME, height - top),
        uppers,
        False,
        Spot(left, above, width - left, group),
        heading,
        Spot(width + GAP, top, BAR, min(height - top - captions[-1], HIGHEST)),
        None,
        PIXELS * DPI,
    )


def groups_of(headings: Sequence[Heading]) -> list[tuple[str, int, int]]:
    """Each group with its first and last heading."""
    starts = [number for number, begins in enumerate(group_starts(headings, unnamed=True)) if begins]
    ends = [*(start - 1 for start in starts[1:]), len(headings) - 1]
    return [(headings[start].group, start, end) for start, end in zip(starts, ends, strict=True)]


def group_starts(headings: Sequence[Heading], *, unnamed: bool = False) -> list[bool]:
    """Whether each is the first of its group; those without one start none unless `unnamed`."""
    before = [None, *(heading.group for heading in headings)]
    return [
        heading.group != last and (unnamed or bool(heading.group))
        for heading, last in zip(headings, before, strict=False)
    ]


def is_named(rows: Sequence[Heading]) -> bool:
    """Whether anything is written beside the rows."""
    return any(heading.text or heading.group for heading in rows)


def is_grouped(columns: Sequence[Heading]) -> bool:
    """Whether anything is written above the names of columns."""
    return any(heading.group for heading in columns)


def cell_inches(cell: Cell, side: float) -> tuple[float, float]:
    """(width, height) on paper."""
    if not isinstance(cell, MapCell):
        return (PLACE * side, 0.6 * side) if cell is not None else (0.0, 0.0)
    height, width = cell.explanation.geometry.image_size
    scale = min(side / (height * width) ** 0.5, LONGEST * side / max(height, width))
    return max(width * scale, side / 10), max(height * scale, side / 10)


def gaps(headings: Sequence[Heading], scale: Scale) -> list[float]:
    """A group stands apart from the next."""
    return [scale.inches(BETWEEN if one.group != other.group else GAP) for one, other in pairwise(headings)]


def starts_of(lengths: Sequence[float], headings: Sequence[Heading], first: float, scale: Scale) -> list[float]:
    """Where each row or column begins."""
    steps = (length + gap for length, gap in zip(lengths, gaps(headings, scale), strict=False))
    return list(accumulate(steps, initial=first))


def most_lines(canvas: Axes, words: Sequence[tuple[str, float]], size: float, most: int, weight: str = "normal") -> int:
    """The lines of the longest of these words, each with the inches it has, in letters of so many points."""
    lines = (count_lines(canvas, text, width, size, weight) for text, width in words if text)
    return min(max(lines, default=0), most)


def heading_height(columns: Sequence[Heading], widths: Sequence[float], scale: Scale, most: int) -> float:
    """Room for the names of all columns, of so many lines at most."""
    canvas = panel(sheet(1, 1), 0, 0, 1, 1)
    texts = [heading.text for heading in columns]
    lines = most_lines(canvas, list(zip(texts, widths, strict=True)), scale.points(NAMES), most)
    return scale.lines(lines, NAMES) + (scale.inches(PAD) if lines else 0.0)
