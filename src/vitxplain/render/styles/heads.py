"""Every map of every layer and head at once: layers from left to right, heads from top to bottom."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from vitxplain.errors import OptionError, UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import in_words
from vitxplain.explanation.titles import detail, headline
from vitxplain.render.colours import EACH_WORDS, INK, MAPS, colours
from vitxplain.render.display import view
from vitxplain.render.figure import colour_bar, inches, panel, sheet
from vitxplain.render.found import outline_asking
from vitxplain.render.mosaic import Mosaic, mosaic

Scale: TypeAlias = Literal["map", "shared"]
Maps: TypeAlias = Float[np.ndarray, "layer head row column"]

WIDEST, LARGEST, THUMBNAIL = 9.0, 1.1, 1.5  # inches: of the grid, of one map, of the photograph beside them
WRAP, WRAPPED = 6, 1.5  # maps in a row where only layers, or only heads, are to be shown; inches of one
TILE = 96  # pixels of a map's longer side


def draw(explanation: Explanation, scale: Scale = "map", cmap: str = MAPS) -> Figure:
    """The grid of maps, beside what the model saw.

    `scale` "map" gives every map its own range from 0 to its maximum, so that faint ones can be read;
    "shared" one range for all, so that they can be compared. Colours go by the square root: a few patches often hold
    most of the attention, beside which all else would be black.

    Raises:
        UsageError: the values have neither layers nor heads, or no map.
    """
    grid = _grid(explanation, scale, cmap)
    laid, shape, wrapped, visible = grid.laid, grid.shape, grid.wrapped, view(explanation)
    across = min((WRAPPED if wrapped else LARGEST) * shape[0], WIDEST / grid.columns)
    width = across * grid.columns
    height = width * laid.rgb.shape[0] / laid.rgb.shape[1]
    side = (THUMBNAIL * shape[0], THUMBNAIL * shape[1])
    left, above = THUMBNAIL + (0.25 if wrapped else 0.55), 0.3

    figure = sheet(left + width, max(height, side[1] + 0.98) + above, headline(explanation), detail(explanation))
    seen_by_model = panel(figure, (THUMBNAIL - side[0]) / 2, above, *side, "what the model saw")
    seen_by_model.imshow(visible, aspect="auto")
    outline_asking(seen_by_model, explanation, visible.size)
    bar = panel(figure, 0.1, above + side[1] + 0.2, THUMBNAIL - 0.2, 0.11)
    if scale == "map":
        colour_bar(bar, cmap, 0, grid.top, f"{EACH_WORDS},\nroot scale".replace(" map", "\nmap", 1), root=True)
    else:
        colour_bar(bar, cmap, 0, grid.top, f"{explanation.method},\nroot scale", root=True)
    _fill(panel(figure, left, above, width, height), grid, explanation, "auto")
    return figure


def draw_on(axes: Axes, explanation: Explanation, scale: Scale = "map", cmap: str = MAPS) -> None:
    """The grid of maps alone, on these axes."""
    _fill(axes, _grid(explanation, scale, cmap), explanation, "equal")
    axes.set_axis_off()


@dataclass(frozen=True, eq=False)
class _Grid:
    """The maps as one picture; `wrapped` where only layers, or only heads, are to be shown."""

    laid: Mosaic
    shape: tuple[float, float]  # (width, height) of one map, the longer 1
    layers: int
    heads: int
    columns: int
    wrapped: bool
    top: float  # what the brightest colour stands for
    colours: str


def _grid(explanation: Explanation, scale: Scale, cmap: str) -> _Grid:
    if scale not in ("map", "shared"):
        raise OptionError(f'scale is {scale!r}; it takes "map" (each its own range) or "shared" (one for all).')
    maps = layer_head_maps(explanation)
    layers, heads = maps.shape[:2]
    wrapped = min(layers, heads) == 1
    tiles = _wrapped(maps) if wrapped else maps.transpose(1, 0, 2, 3)
    top = np.nanmax(tiles, axis=(2, 3), keepdims=True) if scale == "map" else np.nanmax(tiles, initial=0.0)
    rgb = colours(np.sqrt((tiles / np.where(top > 0, top, 1)).clip(0)), cmap)
    rgb[np.isnan(tiles).all((2, 3))] = 1.0  # no map: nothing to see
    visible = view(explanation)
    shape = inches((visible.height, visible.width), 1.0)
    laid = mosaic(rgb, (round(TILE * shape[1]), round(TILE * shape[0])))
    highest = 1.0 if scale == "map" else float(top) or 1.0
    return _Grid(laid, shape, layers, heads, tiles.shape[1], wrapped, highest, cmap)


def _fill(axes: Axes, grid: _Grid, explanation: Explanation, aspect: Literal["auto", "equal"]) -> None:
    """Show the maps, and say which layers and heads they are."""
    axes.imshow(grid.laid.rgb, cmap=grid.colours, norm=PowerNorm(0.5, 0, grid.top), aspect=aspect)
    options = explanation.options
    if not grid.wrapped:
        _number_edges(axes, grid.laid, grid.heads, grid.layers)
        return
    layer, head = options.get("layer"), options.get("head")
    layers = [layer_words(layer) if isinstance(layer, int) else f"layer {i}" for i in range(grid.layers)]
    heads = [head_words(i, head) for i in range(grid.heads)]
    if grid.layers == 1 and not isinstance(layer, int):
        layers = []  # which of them nobody knows
    both = len(layers) == len(heads) == 1
    title, names = (layers, heads) if grid.layers == 1 else (heads, layers)
    words = ", ".join([*title, *names] if both else title)
    axes.annotate(words, (0, 1), (0, 5), "axes fraction", "offset points", fontsize=9.5, color=INK)
    if not both:
        _name_tiles(axes, grid.laid, names, grid.columns)


def layer_words(layer: int) -> str:
    """Of a layer that was chosen by this index, which counts from the end where it is negative."""
    return f"layer {layer}" if layer >= 0 else f"layer {layer} (from the end)" if layer < -1 else "last layer"


def head_words(head: int, chosen: int | str | None) -> str:
    """Of the head of this number among those there are; one that was chosen keeps its own."""
    if chosen == "mean":
        return "mean of all heads"
    return f"head {head if chosen in (None, 'all') else chosen}"


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


def _name_tiles(axes: Axes, laid: Mosaic, names: Sequence[str], across: int) -> None:
    """A name in the corner of each tile."""
    for index, name in enumerate(names):
        y, x = laid.corner(*divmod(index, across))
        label = axes.text(x + 3, y + 3, name, fontsize=7.5, color="white", va="top")
        label.set_bbox({"facecolor": "black", "alpha": 0.45, "pad": 1, "linewidth": 0})
