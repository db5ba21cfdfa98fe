"""Many images, each beside its map, on one sheet."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from vitxplain.data.sample import Box, Mask
from vitxplain.explanation import Explanation
from vitxplain.render.colours import GLOBAL, INK
from vitxplain.render.compose import blend, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import Picture, fit, inches, panel, sheet, write
from vitxplain.render.heatmap import heatmap
from vitxplain.render.outline import outline_boxes, outline_mask
from vitxplain.render.overlay import ALPHA

PANEL, BESIDE, BETWEEN, CAPTION = 1.4, 0.04, 0.28, 0.3  # inches
WIDEST = 12.5  # inches


@dataclass(frozen=True, eq=False)
class Tile:
    """One image of the sheet; mask and boxes, of the original image, are outlined on its map."""

    explanation: Explanation
    caption: str
    wrong: bool = False  # the caption is coloured
    mask: Mask | None = field(default=None, repr=False)
    boxes: tuple[Box, ...] | None = None


def map_sheet(tiles: Sequence[Tile], headline: str, detail: str) -> Picture:
    """Rows of pairs: the image, and the heat map over it."""
    if any(tile.mask is not None or tile.boxes for tile in tiles):
        detail = f"{detail} · outlined: the known object"
    sizes = [inches(tile.explanation.geometry.image_size, PANEL) for tile in tiles]
    width, height = max(wide for wide, _ in sizes), max(high for _, high in sizes)
    step = 2 * width + BESIDE + BETWEEN, height + CAPTION
    across = max(1, min(len(tiles), int(WIDEST // step[0])))
    down = -(-len(tiles) // across)
    figure = sheet(across * step[0] - BETWEEN, down * step[1], headline, detail)
    for position, (tile, size) in enumerate(zip(tiles, sizes, strict=True)):
        row, column = divmod(position, across)
        corner = column * step[0], row * step[1] + CAPTION
        caption = panel(figure, corner[0], corner[1] - CAPTION, step[0] - BETWEEN, CAPTION)
        style = {"fontsize": 9, "color": GLOBAL if tile.wrong else INK, "va": "center"}
        fit(write(caption, 0, 0.4, tile.caption, **style), step[0] - BETWEEN)
        _pair(figure, tile, corner, size)
    return figure


def _pair(figure: Figure, tile: Tile, corner: tuple[float, float], size: tuple[float, float]) -> None:
    small = displayed(tile.explanation)
    rgb = photo(small.image)
    pictures = rgb, blend(rgb, heatmap(small), ALPHA)
    for place, picture in enumerate(pictures):
        axes = panel(figure, corner[0] + place * (size[0] + BESIDE), corner[1], *size)
        axes.imshow(mark_unseen(picture, small.geometry), aspect="auto")
    shown = small.image.size
    if tile.mask is not None and tile.mask.any():
        outline_mask(axes, np.asarray(Image.fromarray(tile.mask).resize(shown, Image.Resampling.NEAREST)))
    outline_boxes(axes, tile.boxes or (), shown[0] / tile.explanation.image.width)
