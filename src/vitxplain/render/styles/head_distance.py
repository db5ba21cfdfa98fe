"""Mean attention distance of every head by layer (Dosovitskiy et al. 2021, arXiv 2010.11929, figure 7, right)."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.errors import UsageError
from vitxplain.explainers.head_distance import is_local, patch_distances
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import in_words
from vitxplain.explanation.titles import detail
from vitxplain.render.colours import FAINT, GLOBAL, INK, LINE, LOCAL
from vitxplain.render.figure import panel, sheet

WIDTH, HEIGHT = 7.2, 3.9  # inches


def draw(explanation: Explanation) -> Figure:
    """One dot a head over its layer; distances are marked local or global, beside what uniform attention would give.

    Raises:
        UsageError: the values are not one number a layer and head.
    """
    if explanation.axes != "layer head":
        what = in_words(explanation.method, explanation.axes)
        raise UsageError(f"{what}; this chart needs one a layer and head, as head-distance gives.")
    values = explanation.values
    number = str(explanation.options.get("statistic", explanation.method))
    pixels = number in ("distance", "head-distance")
    title = f"How far each of {values.size} heads looks" if pixels else f"{number} of each of {values.size} heads"
    figure = sheet(WIDTH + 0.7, HEIGHT + 0.65, title, detail(explanation))
    axes = panel(figure, 0.6, 0.05, WIDTH, HEIGHT)
    _frame(axes, len(values), "mean attention distance (px)" if pixels else number)
    if pixels and explanation.grid is not None:
        near = is_local(torch.from_numpy(values), explanation.grid).numpy()
        uniform = float(patch_distances(explanation.grid).mean())
        axes.axhline(uniform, color=LINE, linestyle="--", linewidth=1, label=f"uniform attention, {uniform:.0f} px")
        _dots(axes, values, ~near, GLOBAL, "o", "global head")
        _dots(axes, values, near, LOCAL, "s", "local head (under half of uniform)")
        axes.set_ylim(0, 1.12 * max(uniform, np.nanmax(values)))
    else:
        _dots(axes, values, np.ones_like(values, bool), LOCAL, "o", "head")
    axes.plot(
        range(len(values)), values.mean(1), color=LINE, linewidth=1, alpha=0.7, label="mean of the layer", zorder=1
    )
    axes.legend(
        fontsize=8.5, frameon=False, ncols=4, loc="upper left", bbox_to_anchor=(-0.08, -0.11), columnspacing=1.4
    )
    return figure


def _frame(axes: Axes, layers: int, label: str) -> None:
    """Two thin axes and a faint grid."""
    axes.set_axis_on()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xticks(range(0, layers, 1 + layers // 25))
    axes.set_xlim(-0.5, layers - 0.5)
    axes.tick_params(labelsize=9, color=FAINT, labelcolor=INK)
    axes.ticklabel_format(axis="y", scilimits=(-3, 4))  # or the digits of tiny values push the label off the sheet
    axes.set_xlabel("layer, counted from 0", fontsize=10, color=INK)
    axes.set_ylabel(label, fontsize=10, color=INK)


def _dots(axes: Axes, values: np.ndarray, chosen: np.ndarray, colour: str, marker: str, label: str) -> None:
    """The chosen heads, if any; those of one layer a little apart, in the order of their numbers."""
    heads = values.shape[1]
    shift = np.linspace(-0.18, 0.18, heads) if heads > 1 else np.zeros(1)
    layer, head = np.nonzero(chosen)
    if not layer.size:
        return
    axes.scatter(
        layer + shift[head],
        values[chosen],
        s=34,
        color=colour,
        marker=marker,
        alpha=0.85,
        edgecolors="white",
        linewidths=0.6,
        label=label,
        zorder=2,
    )
