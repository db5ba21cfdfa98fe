"""Every map of every layer and head at once: layers from left to right, heads from top to bottom."""

from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.errors import OptionError, UsageError
from vitxplain.explanation.explanation import Explanation, detail, headline
from vitxplain.explanation.heatmap import in_words
from vitxplain.render.colours import INK, MAPS, colours
from vitxplain.render.display import view
from vitxplain.render.figure import colour_bar, inches, panel, sheet
from vitxplain.render.found import outline_asking
from vitxplain.render.mosaic import Mosaic, mosaic

Scale: TypeAlias = Literal["map", "shared"]
Maps: TypeAlias = Float[np.ndarray, "layer head row column"]

WIDEST, LARGEST, THUMBNAIL = 9.0, 1.1, 1.5  # inches: of the grid, of one map, of the photograph beside them
WRAP, WRAPPED = 6, 1.5  # maps in a row where only layers, or only heads, are to be shown; inches of one
TILE = 96  # pixels of a map's longer side


def draw(explanation: Explanation, scale: Scale = "map") -> Figure:
    """The grid of maps, beside what the model saw.

    `scale` "map" gives every map its own range from 0 to its maximum, so that faint ones can be read;
    "shared" one range for all, so that they can be compared. Colours go by the square root: a few patches often hold
    most of the attention, beside which all else would be black.

    Raises:
        UsageError: the values have neither layers nor heads, or no map.
    """
    if scale not in ("map", "shared"):
        raise OptionError(f'scale is {scale!r}; it takes "map" (each its own range) or "shared" (one for all).')
    maps = layer_head_maps(explanation)
    layers, heads = maps.shape[:2]
    wrapped = min(layers, heads) == 1
    tiles = _wrapped(maps) if wrapped else maps.transpose(1, 0, 2, 3)
    top = np.nanmax(tiles, axis=(2, 3), keepdims=True) if scale == "map" else np.nanmax(tiles, initial=0.0)
    rgb = colours(np.sqrt((tiles / np.where(top > 0, top, 1)).clip(0)), MAPS)
    rgb[np.isnan(tiles).all((2, 3))] = 1.0  # no map: nothing to see

    visible = view(explanation)
    shape = inches((visible.height, visible.width), 1.0)
    across = min((WRAPPED if wrapped else LARGEST) * shape[0], WIDEST / tiles.shape[1])
    laid = mosaic(rgb, (round(TILE * shape[1]), round(TILE * shape[0])))
    width = across * tiles.shape[1]
    height = width * laid.rgb.shape[0] / laid.rgb.shape[1]
    side = (THUMBNAIL * shape[0], THUMBNAIL * shape[1])
    left, above = THUMBNAIL + (0.25 if wrapped else 0.55), 0.3

    figure = sheet(left + width, max(height, side[1] + 0.82) + above, headline(explanation), detail(explanation))
    seen_by_model = panel(figure, (THUMBNAIL - side[0]) / 2, above, *side, "what the model saw")
    seen_by_model.imshow(visible, aspect="auto")
    outline_asking(seen_by_model, explanation, visible.size)
    bar = panel(figure, 0.1, above + side[1] + 0.2, THUMBNAIL - 0.2, 0.11)
    if scale == "map":
        colour_bar(bar, MAPS, 0, 1, "of each map's maximum\n(root scale)", root=True)
    else:
        colour_bar(bar, MAPS, 0, float(top) or 1.0, f"{explanation.method}\n(root scale)", root=True)
    axes = panel(figure, left, above, width, height)
    axes.imshow(laid.rgb, aspect="auto")
    if wrapped:
        _name_tiles(axes, laid, "head" if layers == 1 else "layer", layers * heads, tiles.shape[1])
    else:
        _number_edges(axes, laid, heads, layers)
    return figure


def layer_head_maps(explanation: Explanation) -> Maps:
    """The values as (layer, head, row, column); an axis that is not there has size one.

    Raises:
        UsageError: the axes are not of this kind.
    """
    names = explanation.axes.split()
    if names[-2:] != ["row", "column"] or not {*names[:-2]} <= {"layer", "head"} or len(names) < 3:
        what = in_words(explanation.method, explanation.axes)
        raise UsageError(f"{what}; layers and heads need a map each, as raw-attention gives.")
    values = explanation.values if "layer" in names else explanation.values[None]
    return values if "head" in names else values[:, None]


def _wrapped(maps: Maps) -> Float[np.ndarray, "down across row column"]:
    """A single row of maps as several rows, filled up with NaN."""
    flat = maps.reshape(-1, *maps.shape[2:])
    across = min(len(flat), WRAP)
    missing = -len(flat) % across
    padded = np.concatenate([flat, np.full((missing, *flat.shape[1:]), np.nan, flat.dtype)])
    return padded.reshape(-1, across, *flat.shape[1:])


def _number_edges(axes: Axes, laid: Mosaic, heads: int, layers: int) -> None:
    """Layer numbers above, head numbers at the left."""
    for layer in range(layers):
        axes.text(laid.centre(0, layer)[1], -6, str(layer), fontsize=8.5, color=INK, ha="center")
    for head in range(heads):
        axes.text(-8, laid.centre(head, 0)[0], str(head), fontsize=8.5, color=INK, ha="right", va="center")
    axes.annotate("layer", (0.5, 1), (0, 15), "axes fraction", "offset points", fontsize=9.5, color=INK, ha="center")
    axes.annotate(
        "head", (0, 0.5), (-24, 0), "axes fraction", "offset points", fontsize=9.5, color=INK, va="center", rotation=90
    )


def _name_tiles(axes: Axes, laid: Mosaic, word: str, count: int, across: int) -> None:
    """Word and number in the corner of each tile."""
    if count == 1:
        return
    for index in range(count):
        y, x = laid.corner(*divmod(index, across))
        label = axes.text(x + 3, y + 3, f"{word} {index}", fontsize=7.5, color="white", va="top")
        label.set_bbox({"facecolor": "black", "alpha": 0.45, "pad": 1, "linewidth": 0})
