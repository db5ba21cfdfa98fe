"""A grid of maps: rows and columns with their names, every map over its image, reasons in words where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from vitxplain.data.sample import Sample
from vitxplain.explanation.heatmap import heatmap
from vitxplain.render.colours import FAINT, HEAT, INK
from vitxplain.render.compose import blend, mark_unseen, photo, to_bytes
from vitxplain.render.display import displayed
from vitxplain.render.figure import DPI, Picture, colour_bar, panel, sheet
from vitxplain.render.found import outline_found, outline_target
from vitxplain.render.objects import resized_mask
from vitxplain.render.outline import outline_box, outline_mask
from vitxplain.render.sheets.cells import Cell, Grid, Heading, MapCell, WordCell
from vitxplain.render.styles.overlay import ALPHA
from vitxplain.render.text_block import LINE, count_lines, text_block

SIDE, SMALLEST, WIDEST = 1.75, 1.05, 15.0  # inches of a square cell, and of all columns together
GAP, BETWEEN = 0.09, 0.3  # inches between cells, and between groups
CAPTION, GROUP, NAME, PAD = 0.2, 0.3, 1.25, 0.06  # inches of what is written below, above and beside cells
LETTERS: Final = 9.5  # points of names
BAR, LABEL, HIGHEST = 0.13, 0.8, 2.6  # inches of the colour bar, its words, and its height
ONE_LINE: Final = 2.2  # inches of a bar beside which its words stand on one line
LONGEST: Final = 1.5  # sides of an image, in those of a square one of the same area
PIXELS: Final = 2  # of an image for each of the paper


def grid_sheet(grid: Grid) -> Picture:
    """The figure.

    Images of any proportions take about the same area; each stands in the middle of its place.
    """
    side = float(np.clip(WIDEST / max(len(grid.columns), 1) - GAP, SMALLEST, SIDE))
    sizes = [[_inches(cell, side) for cell in row] for row in grid.cells]
    widths = [max((row[column][0] for row in sizes), default=0.0) for column in range(len(grid.columns))]
    widths = [max(width, 0.8 * side) for width in widths]
    captioned = [any(isinstance(cell, MapCell) and cell.caption for cell in row) for row in grid.cells]
    heights = [
        max((high for _, high in row), default=side) + CAPTION * below
        for row, below in zip(sizes, captioned, strict=True)
    ]
    named = any(heading.text or heading.group for heading in grid.rows)
    left = NAME + GAP if named else 0.0
    grouped = any(heading.group for heading in grid.columns)
    heading = _heading_height(grid.columns, widths)
    top = heading + GROUP * grouped
    lefts = _starts(widths, grid.columns, left)
    tops = _starts(heights, grid.rows, top)
    width, height = lefts[-1] + widths[-1], tops[-1] + heights[-1]
    figure = sheet(width + GAP + BAR + LABEL, height, grid.headline, grid.detail)
    _column_names(figure, grid.columns, lefts, widths, heading, grouped=grouped)
    _row_names(figure, grid.rows, tops, heights)
    for row, cells in enumerate(grid.cells):
        for column, cell in enumerate(cells):
            wide, high = sizes[row][column]
            room = heights[row] - CAPTION * captioned[row]
            corner = lefts[column] + (widths[column] - wide) / 2, tops[row] + (room - high) / 2
            if isinstance(cell, WordCell):
                _words(figure, cell, lefts[column], tops[row], widths[column], room)
            elif cell is not None:
                _map(panel(figure, *corner, wide, high), cell, wide)
                below = panel(figure, lefts[column], corner[1] + high, widths[column], CAPTION)
                text_block(below, cell.caption, widths[column], CAPTION, size=7.5, colour=INK)
    high = min(height - top - CAPTION * captioned[-1], HIGHEST)
    words = grid.bar if high > ONE_LINE else grid.bar.replace(" = ", " =\n")
    colour_bar(panel(figure, width + GAP, top, BAR, high), HEAT, 0, 1, words)
    return figure


def _inches(cell: Cell, side: float) -> tuple[float, float]:
    """(width, height) on paper."""
    if not isinstance(cell, MapCell):
        return (0.8 * side, 0.6 * side) if cell is not None else (0.0, 0.0)
    height, width = cell.explanation.geometry.image_size
    scale = min(side / (height * width) ** 0.5, LONGEST * side / max(height, width))
    return max(width * scale, side / 10), max(height * scale, side / 10)


def _starts(lengths: Sequence[float], headings: Sequence[Heading], first: float) -> list[float]:
    """Where each row or column begins: a group stands apart from the next."""
    gaps = [BETWEEN if first.group != second.group else GAP for first, second in pairwise(headings)]
    steps = (length + gap for length, gap in zip(lengths, gaps, strict=False))
    return list(accumulate(steps, initial=first))


def _groups(headings: Sequence[Heading]) -> list[tuple[str, int, int]]:
    """Each group with its first and last heading."""
    starts = [number for number, one in enumerate(headings) if not number or headings[number - 1].group != one.group]
    ends = [*(start - 1 for start in starts[1:]), len(headings) - 1]
    return [(headings[start].group, start, end) for start, end in zip(starts, ends, strict=True)]


def _heading_height(columns: Sequence[Heading], widths: Sequence[float]) -> float:
    """Room for the names of all columns, of up to three lines."""
    canvas = sheet(1, 1)
    lines = [
        count_lines(panel(canvas, 0, 0, 1, 1), heading.text, width, LETTERS)
        for heading, width in zip(columns, widths, strict=True)
        if heading.text
    ]
    return min(max(lines, default=0), 3) * LETTERS * LINE + (PAD if lines else 0.0)


def _column_names(
    figure: Picture,
    columns: Sequence[Heading],
    lefts: Sequence[float],
    widths: Sequence[float],
    high: float,
    *,
    grouped: bool,
) -> None:
    for heading, left, width in zip(columns, lefts, widths, strict=True):
        if heading.text:
            axes = panel(figure, left, GROUP * grouped, width, high - PAD)
            text_block(axes, heading.text, width, high - PAD, size=LETTERS, colour=INK, down=0.0)
    for group, start, end in _groups(columns) if grouped else ():
        width = lefts[end] + widths[end] - lefts[start]
        axes = panel(figure, lefts[start], 0, width, GROUP)
        text_block(axes, group, width, GROUP - PAD, size=LETTERS, colour=INK, weight="bold")
        if group and end > start:
            axes.plot([0, 1], [0.1, 0.1], transform=axes.transAxes, color=FAINT, linewidth=0.6)


def _row_names(figure: Picture, rows: Sequence[Heading], tops: Sequence[float], heights: Sequence[float]) -> None:
    """The group at the top of its first row, each row's own name in the middle."""
    for number, (heading, top, height) in enumerate(zip(rows, tops, heights, strict=True)):
        if heading.group and (number == 0 or rows[number - 1].group != heading.group):
            upper = min(0.4 * height, 2 * LETTERS * LINE)
            axes = panel(figure, 0, top, NAME, upper)
            text_block(axes, heading.group, NAME, upper, size=LETTERS, colour=INK, weight="bold", across=0, down=1)
        axes = panel(figure, 0, top, NAME, height)
        text_block(axes, heading.text, NAME, height, size=LETTERS, colour=INK, across=0)


def _words(figure: Picture, cell: WordCell, left: float, top: float, width: float, height: float) -> None:
    axes = panel(figure, left, top, width, height)
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="#f2f2f2", edgecolor="#dddddd"))
    text_block(axes, cell.reason, width - 0.12, height - 0.1, size=8, colour=FAINT)


def _map(axes: Axes, cell: MapCell, width: float) -> None:
    """The picture of one cell, with no more pixels than the paper shows."""
    small = displayed(cell.explanation, round(PIXELS * DPI * width))
    rgb = photo(small.image)
    if not cell.plain:
        heat = heatmap(small.values, small.axes, small.geometry, small.method, cell.limits)
        rgb = blend(rgb, heat, ALPHA)
    axes.imshow(to_bytes(mark_unseen(rgb, small.geometry)), aspect="auto", interpolation="nearest")
    frame = Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, color=FAINT, linewidth=0.3, clip_on=False)
    axes.add_patch(frame)  # or a white image would have no end
    if cell.truth is not None:
        _outline_truth(axes, cell.truth, small.image.size)
    outline: Callable = outline_found if cell.plain else outline_target
    outline(axes, replace(small, target=None) if cell.plain else small)


def _outline_truth(axes: Axes, sample: Sample, shown: tuple[int, int]) -> None:
    """The border of the object's mask, or the boxes where that is not known, of an image of `shown` (width, height)."""
    scale = shown[0] / sample.image.width
    if sample.mask is not None and sample.mask.any():
        outline_mask(axes, resized_mask(sample.mask, shown))
        return
    for box in sample.boxes or [one.box for one in sample.objects or ()]:
        outline_box(axes, box, scale)
