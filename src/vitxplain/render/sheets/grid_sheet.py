"""A grid of maps: rows and columns with their names, every map over its image, reasons in words where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from vitxplain.data.sample import Sample
from vitxplain.explanation.heatmap import heatmap
from vitxplain.render.colours import FAINT, HEAT, INK
from vitxplain.render.compose import blend, mark_unseen, photo, to_bytes
from vitxplain.render.display import displayed
from vitxplain.render.figure import HEADLINE, Picture, colour_bar, panel, sheet
from vitxplain.render.found import outline_found, outline_target
from vitxplain.render.objects import resized_mask
from vitxplain.render.outline import outline_box, outline_mask
from vitxplain.render.paper.width import inches_of
from vitxplain.render.sheets.cells import Grid, Heading, MapCell, WordCell
from vitxplain.render.sheets.grid_places import (
    CAPTIONS,
    NAMES,
    PAD,
    REASONS,
    TICKS,
    WORDS,
    Places,
    Scale,
    Spot,
    groups_of,
    on_screen,
)
from vitxplain.render.sheets.grid_width import on_paper
from vitxplain.render.styles.overlay import ALPHA
from vitxplain.render.text_block import text_block

ONE_LINE: Final = 2.2  # inches of a bar beside which its words stand on one line


def grid_sheet(grid: Grid, width: float | str | None = None) -> Picture:
    """The figure, as wide as its cells need, or with `width` in inches or a word for it.

    Images of any proportions take about the same area; each stands in the middle of its place. An empty headline leaves
    both lines above the grid away.

    Raises:
        OptionError: no such width, or so many columns that letters have no room.
    """
    places = on_screen(grid) if width is None else on_paper(grid, inches_of(width))
    grid, figure, scale = places.grid, sheet(1, 1), places.scale
    figure.set_size_inches(*places.page)
    if grid.headline:
        figure.head(
            grid.headline, grid.detail, factor=scale.factor, smallest=HEADLINE if width is None else scale.least
        )
    _column_names(figure, grid.columns, places)
    _row_names(figure, grid.rows, places)
    for row, cells in enumerate(grid.cells):
        for column, cell in enumerate(cells):
            wide, high = places.sizes[row][column]
            left, top, across = places.lefts[column], places.tops[row], places.widths[column]
            room = places.heights[row] - places.captions[row]
            corner = left + (across - wide) / 2, top + (room - high) / 2
            if isinstance(cell, WordCell):
                high = room if width is None else places.heights[row]
                _words(figure, cell, Spot(left, top, across, high), scale)
            elif cell is not None:
                _map(panel(figure, *corner, wide, high), cell, round(places.dots * wide))
                below = panel(figure, left, corner[1] + high, across, places.captions[row])
                text_block(below, cell.caption, across, places.captions[row], colour=INK, **scale.letters(CAPTIONS))
    _bar(figure, grid.bar, places)
    return figure


def _bar(figure: Picture, words: str, places: Places) -> None:
    """The colours, and what the brightest means: along the bar, or below it."""
    bar, scale = panel(figure, *places.bar), places.scale
    if places.bar_words is None:
        beside = words if places.bar.height > ONE_LINE else words.replace(" = ", " =\n")
        colour_bar(bar, HEAT, 0, 1, beside)
        return
    colour_bar(bar, HEAT, 0, 1, "", ticks=scale.points(TICKS))
    _, _, width, height = places.bar_words
    text_block(panel(figure, *places.bar_words), words, width, height, colour=INK, across=0.0, **scale.letters(WORDS))


def _column_names(figure: Picture, columns: Sequence[Heading], places: Places) -> None:
    _, top, _, group_height = places.groups
    pad, high = places.scale.inches(PAD), places.heading
    style = places.scale.letters(NAMES)
    for heading, left, width in zip(columns, places.lefts, places.widths, strict=True):
        if heading.text:
            axes = panel(figure, left, top + group_height, width, high - pad)
            text_block(axes, heading.text, width, high - pad, colour=INK, down=0.0, **style)
    for group, start, end in groups_of(columns) if group_height else ():
        width = places.lefts[end] + places.widths[end] - places.lefts[start]
        axes = panel(figure, places.lefts[start], top, width, group_height)
        text_block(axes, group, width, group_height - pad, colour=INK, weight="bold", **style)
        if group and end > start:
            axes.plot([0, 1], [0.1, 0.1], transform=axes.transAxes, color=FAINT, linewidth=0.6)


def _row_names(figure: Picture, rows: Sequence[Heading], places: Places) -> None:
    """The group at the top of its first row, each row's own name in the middle."""
    left, _, width, _ = places.names
    style = {**places.scale.letters(NAMES), "colour": INK, "across": 0.0}
    for heading, top, height, upper in zip(rows, places.tops, places.heights, places.uppers, strict=True):
        if upper:
            axes = panel(figure, left, top, width, upper)
            text_block(axes, heading.group, width, upper, weight="bold", down=1.0, **style)
        taken = upper if places.below_groups else 0.0
        axes = panel(figure, left, top + taken, width, height - taken)
        text_block(axes, heading.text, width, height - taken, **style)


def _words(figure: Picture, cell: WordCell, spot: Spot, scale: Scale) -> None:
    axes = panel(figure, *spot)
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, facecolor="#f2f2f2", edgecolor="#dddddd"))
    width, height = spot.width - scale.inches(0.12), spot.height - scale.inches(0.1)
    text_block(axes, cell.reason, width, height, colour=FAINT, **scale.letters(REASONS))


def _map(axes: Axes, cell: MapCell, longest: int) -> None:
    """The picture of one cell, of so many pixels at most: no more than can be seen."""
    small = displayed(cell.explanation, longest)
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
