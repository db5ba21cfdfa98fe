"""Many images, each beside its map, on one sheet."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from vitxplain.data.sample import Box, Mask
from vitxplain.explanation.explanation import Explanation
from vitxplain.render.colours import FAINT, GLOBAL, HEAT, INK, PAPER
from vitxplain.render.compose import blend, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import MARGIN, Picture, fit, inches, panel, sheet, write
from vitxplain.render.outline import outline_box, outline_boxes, outline_mask
from vitxplain.render.styles.overlay import ALPHA

PANEL, BESIDE, BETWEEN, CAPTION = 1.4, 0.04, 0.28, 0.3  # inches
LEGEND, BAR, WORD = 0.42, (1.3, 0.11), 0.42  # inches of the last line, of its colour bar, and for a word at the bar
WIDEST = 12.5  # inches


@dataclass(frozen=True, eq=False)
class Tile:
    """One image of the sheet; mask and boxes, of the original image, are outlined on its map, as is what was found."""

    explanation: Explanation
    caption: str
    wrong: bool = False  # the caption is coloured
    mask: Mask | None = field(default=None, repr=False)
    boxes: tuple[Box, ...] | None = None
    found_box: tuple[float, float, float, float] | None = None  # left, top, right, bottom


def map_sheet(tiles: Sequence[Tile], headline: str, detail: str, target: str) -> Picture:
    """Rows of pairs: the image, and the heat map over it; below, what bright means.

    `target` is the class the maps are for, in words ("the true class"), said where the method is about one.
    """
    if any(tile.wrong for tile in tiles):
        detail = f"{detail} · orange: wrong"
    if any(tile.mask is not None or tile.boxes for tile in tiles):
        detail = f"{detail} · outlined: the known object"
    if any(tile.found_box for tile in tiles):
        detail = f"{detail} · white: what was found"
    sizes = [inches(tile.explanation.geometry.image_size, PANEL) for tile in tiles]
    width, height = max(wide for wide, _ in sizes), max(high for _, high in sizes)
    step = 2 * width + BESIDE + BETWEEN, height + CAPTION
    across = max(1, min(len(tiles), int(WIDEST // step[0])))
    down = -(-len(tiles) // across)
    whole = across * step[0] - BETWEEN
    figure = sheet(whole, down * step[1] + LEGEND, headline, detail)
    for position, (tile, size) in enumerate(zip(tiles, sizes, strict=True)):
        row, column = divmod(position, across)
        corner = column * step[0], row * step[1] + CAPTION
        caption = panel(figure, corner[0], corner[1] - CAPTION, step[0] - BETWEEN, CAPTION)
        style = {"fontsize": 9, "color": GLOBAL if tile.wrong else INK, "va": "center"}
        fit(write(caption, 0, 0.4, tile.caption, **style), step[0] - BETWEEN)
        _pair(figure, tile, corner, size)
    _legend(figure, down * step[1] + LEGEND, tiles[0].explanation, target)
    return figure


def _legend(figure: Figure, bottom: float, explanation: Explanation, target: str) -> None:
    """A bar of the colours and what they say, on the last line of the page."""
    about = f"what speaks for {target}" if explanation.target else "where the model looks, whatever the class"
    bar = panel(figure, WORD, bottom - BAR[1], *BAR)
    bar.imshow(np.linspace(0, 1, 256)[None], cmap=HEAT, aspect="auto")
    style = {"fontsize": 9, "color": FAINT, "va": "center", "transform": bar.transAxes}
    write(bar, -WORD / BAR[0], 0.5, "little", **style)
    room = figure.get_size_inches()[0] - 2 * MARGIN - WORD - BAR[0] - 0.08
    words = f"much: {about}" + ("; each map is scaled to its own highest" if room > 4.5 else "")
    fit(write(bar, 1 + 0.08 / BAR[0], 0.5, words, **style), room)


def _pair(figure: Figure, tile: Tile, corner: tuple[float, float], size: tuple[float, float]) -> None:
    small = displayed(tile.explanation)
    rgb = photo(small.image)
    pictures = rgb, blend(rgb, small.heatmap(), ALPHA)
    for column, picture in enumerate(pictures):
        axes = panel(figure, corner[0] + column * (size[0] + BESIDE), corner[1], *size)
        axes.imshow(mark_unseen(picture, small.geometry), aspect="auto")
    shown = small.image.size
    if tile.mask is not None and tile.mask.any():
        outline_mask(axes, np.asarray(Image.fromarray(tile.mask).resize(shown, Image.Resampling.NEAREST)))
    scale = shown[0] / tile.explanation.image.width
    outline_boxes(axes, tile.boxes or (), scale)
    if tile.found_box is not None:
        outline_box(axes, tile.found_box, scale, PAPER)
