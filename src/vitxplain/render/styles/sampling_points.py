"""Where deformable attention reads (Zhu et al. 2021, arXiv 2010.04159, figure 6): dots over the photograph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vitxplain.errors import OptionError, UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import in_words
from vitxplain.explanation.titles import detail, headline
from vitxplain.geometry import Geometry
from vitxplain.render.colours import CLASSES, INK
from vitxplain.render.compose import greyed, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import inches, panel, sheet
from vitxplain.render.found import outline_found, outline_target, target_colour
from vitxplain.render.styles.heads import layer_words
from vitxplain.words import percent

By: TypeAlias = Literal["level", "head"]
Points: TypeAlias = Float[np.ndarray, "head point quantity"]

AXES: Final = "layer head point quantity"
X, Y, WEIGHT, LEVEL, REFERENCE = 0, 1, 2, 3, 4  # of the quantities; the reference is the rest of them
SIZES: Final = (4, 8)  # without a reference and with one
ACROSS, GAP, TITLE, LEGEND = 3, 0.12, 0.25, 0.35  # panels in a row; inches
WIDEST, SINGLE = 3.3, 4.4  # inches of a panel, and where there is one beside the photograph
LARGEST, SMALLEST = 90.0, 3.0  # square points of the heaviest dot, and of one without weight
ASIDE: Final = "#ffffff"


def draw(explanation: Explanation, colour: By = "level") -> Figure:
    """The photograph, and for each layer of the decoder a dot for each sampling point: the larger, the more it weighs.

    Dots are coloured by the level of features that they read, or by head. A dashed box, or a cross, is the reference
    that the points of the layer lie around, in thick lines the object as the model gives it at the end.

    Raises:
        UsageError: the values are no sampling points.
        OptionError: `colour` is neither "level" nor "head".
    """
    if colour not in ("level", "head"):
        raise OptionError(f'colour is {colour!r}; it takes "level" (of the features) or "head" (of the attention).')
    if explanation.axes != AXES or explanation.values.shape[-1] not in SIZES:
        what = in_words(explanation.method, explanation.axes)
        raise UsageError(f"{what}; these dots are of deformable attention, as the method sampling-points gives them.")
    small = displayed(explanation)
    layers, rgb = np.nan_to_num(explanation.values), photo(small.image)
    count = len(layers) + 1
    across = 2 if count == 4 else min(count, ACROSS)
    down = -(-count // across)
    width, height = inches(small.geometry.image_size, SINGLE if count == 2 else WIDEST)
    step = width + GAP, height + GAP + TITLE
    small_print = f"{_outside(layers)}{detail(explanation)}"
    figure = sheet(across * step[0] - GAP, down * step[1] + LEGEND, headline(explanation), small_print)
    heaviest = float(layers[..., WEIGHT].max(initial=0.0)) or 1.0
    groups: dict[str, str] = {}
    palette = [one for one in CLASSES if small.target is None or one != target_colour(small.target)]
    for position in range(count):
        row, column = divmod(position, across)
        title = _title(position - 1, count - 1, explanation.options.get("layer")) if position else "the image"
        axes = panel(figure, column * step[0], row * step[1] + TITLE, width, height, title)
        axes.imshow(mark_unseen(0.75 * greyed(rgb, 0.7) if position else rgb, small.geometry), aspect="auto")
        axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())  # dots beyond the image do not widen it
        if position:
            outline_target(axes, small)
            _reference(axes, layers[position - 1], small.geometry)
            dots = _Dots(layers[position - 1], explanation.options.get("head"), colour)
            groups |= _scatter(axes, dots, small.geometry, palette, heaviest)
        else:
            outline_found(axes, small)
    _legend(panel(figure, 0, down * step[1], across * step[0] - GAP, LEGEND), groups, heaviest)
    return figure


def _title(layer: int, layers: int, chosen: int | None) -> str:
    if chosen is not None:
        return layer_words(chosen)
    return f"layer {layer}" + (" (the last)" if layer + 1 == layers and layers > 1 else "")


def _outside(layers: Float[np.ndarray, "layer head point quantity"]) -> str:
    """How much of the attention goes to points beyond the model's input, where there is nothing to be read."""
    places = layers[..., [X, Y]]
    beyond = ((places < 0) | (places > 1)).any(-1)
    share = float((layers[..., WEIGHT] * beyond).sum() / max(float(layers[..., WEIGHT].sum()), 1e-9))
    return f"{percent(share)} of the weight lies outside the image and reads nothing · " if share >= 0.0005 else ""


@dataclass(frozen=True, eq=False)
class _Dots:
    """The points of one layer; `head` is the one that was chosen, if one was."""

    points: Points
    head: int | None
    by: By

    @property
    def flat(self) -> Float[np.ndarray, "dot quantity"]:
        return self.points.reshape(-1, self.points.shape[-1])

    @property
    def groups(self) -> Int[np.ndarray, " dot"]:
        """Level or head of each."""
        if self.by == "level":
            return self.flat[:, LEVEL].astype(int)
        heads, per_head = self.points.shape[:2]
        return np.repeat(np.arange(heads) if self.head is None else np.array([self.head]), per_head)


def _scatter(axes: Axes, dots: _Dots, geometry: Geometry, palette: Sequence[str], heaviest: float) -> dict[str, str]:
    """Draw them, the lightest first; the names of their groups with their colours."""
    flat, groups = dots.flat, dots.groups
    order = np.argsort(flat[:, WEIGHT])
    shares = (flat[order, WEIGHT] / heaviest).clip(0, 1)
    x, y = _on_image(flat[order, X], flat[order, Y], geometry)
    axes.scatter(
        x,
        y,
        s=SMALLEST + LARGEST * shares,
        c=[palette[group % len(palette)] for group in groups[order]],
        alpha=0.35 + 0.6 * shares,
        edgecolors="black",
        linewidths=0.5,
        zorder=3,
    )
    return {f"{dots.by} {group}": palette[group % len(palette)] for group in sorted(set(groups.tolist()))}


def _on_image(x: np.ndarray, y: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the model's input as places on the axes, which show the original image."""
    top, left, bottom, right = geometry.box
    return left + x * (right - left) - 0.5, top + y * (bottom - top) - 0.5


def _reference(axes: Axes, points: Points, geometry: Geometry) -> None:
    """The point, as a cross, or the box, dashed, that the query started from in this layer."""
    box = points[0, 0, REFERENCE:]
    if len(box) == 0:
        return
    x, y = _on_image(box[:1], box[1:2], geometry)
    axes.plot(x, y, marker="+", markersize=9, markeredgewidth=1.6, color=ASIDE, zorder=4)
    if box[2:].any():
        top, left, bottom, right = geometry.box
        wide, high = float(box[2]) * (right - left), float(box[3]) * (bottom - top)
        corner = float(x[0]) - wide / 2, float(y[0]) - high / 2
        axes.add_patch(
            Rectangle(corner, wide, high, fill=False, linestyle="--", linewidth=1.1, edgecolor=ASIDE, zorder=3)
        )


def _legend(axes: Axes, groups: dict[str, str], heaviest: float) -> None:
    """What colours and sizes mean."""
    labels = [*groups, "reference", f"weight {heaviest:.2g}", f"weight {heaviest / 4:.2g}"]
    handles = [axes.scatter([], [], s=40, c=colour, edgecolors="black", linewidths=0.5) for colour in groups.values()]
    handles.append(axes.scatter([], [], s=60, marker="+", c=INK, linewidths=1.4))
    handles += [
        axes.scatter([], [], s=SMALLEST + LARGEST * share, c="#bbbbbb", edgecolors="black", linewidths=0.5)
        for share in (1.0, 0.25)
    ]
    axes.legend(
        handles, labels, fontsize=8.5, frameon=False, ncols=12, loc="center left", columnspacing=1, handletextpad=0.1
    )
