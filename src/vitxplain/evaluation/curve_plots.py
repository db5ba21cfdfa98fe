"""curves.png: what the model says while pixels go or come, the mean over the images."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.lines import Line
from vitxplain.render.colours import FAINT, INK
from vitxplain.render.figure import Picture, panel, sheet, write

WIDTH, HEIGHT, LEFT, GAP = 3.3, 2.4, 0.45, 0.55  # inches of one plot, left of it, between two
ABOVE, BELOW, LEGEND = 0.5, 0.5, 1.75  # above and below one, and for the names right of all
LOOKS: Final = [  # Okabe & Ito's colours, then the same dashed
    {"color": colour, "linestyle": style}
    for style in ("-", "--")
    for colour in ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
]
CONTROLS: Final = ((0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (8, 2)))


def curve_plots(found: Evaluation, about: str) -> Picture | None:
    """A row for each model, a plot for each metric that is an area under a curve; None if no metric is."""
    metrics = [name for name in found.metrics if any(name in line.curves for line in found.lines)]
    if not metrics:
        return None
    models = list(dict.fromkeys(line.model for line in found.lines))
    wide = LEFT + len(metrics) * (WIDTH + GAP) - GAP + LEGEND
    figure = sheet(wide, len(models) * (ABOVE + HEIGHT + BELOW), "what the model says while pixels go or come", about)
    for down, model in enumerate(models):
        lines = [line for line in found.lines if line.model == model]
        looks = _looks(lines)
        for place, metric in enumerate(metrics):
            top = down * (ABOVE + HEIGHT + BELOW) + ABOVE
            axes = panel(figure, LEFT + place * (WIDTH + GAP), top, WIDTH, HEIGHT)
            _draw(axes, lines, metric, looks)
            _words(axes, f"{metric} · {model}" if len(models) > 1 else metric, found.metrics[metric].better, metric)
        handles, names = axes.get_legend_handles_labels()
        axes.legend(
            handles, names, loc="upper left", bbox_to_anchor=(1.03, 1.02), frameon=False, fontsize=8.5, borderaxespad=0
        )
    return figure


def _looks(lines: list[Line]) -> dict[str, dict[str, Any]]:
    methods = list(dict.fromkeys(line.method for line in lines if not line.control))
    controls = list(dict.fromkeys(line.method for line in lines if line.control))
    found: dict[str, dict[str, Any]] = {
        name: {**LOOKS[place % len(LOOKS)], "linewidth": max(1.3, 2.8 - 0.3 * place), "zorder": 3}
        for place, name in enumerate(methods)
    }
    for place, name in enumerate(controls):
        found[name] = {"color": "#999999", "linestyle": CONTROLS[place % len(CONTROLS)], "linewidth": 1.1}
    return found


def _draw(axes: Axes, lines: list[Line], metric: str, looks: dict[str, dict[str, Any]]) -> None:
    axes.set_axis_on()
    for method, look in looks.items():
        curves = [line.curves[metric] for line in lines if line.method == method and metric in line.curves]
        if curves:
            shares, heights = np.mean(np.array(curves), 0).T
            axes.plot(shares, heights, label=method, **look)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    axes.tick_params(colors=FAINT, labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e8e8e8", linewidth=0.6)


def _words(axes: Axes, title: str, better: str, metric: str) -> None:
    write(axes, 0, 1.09, title, transform=axes.transAxes, fontsize=10.5, weight="bold", color=INK)
    write(axes, 1, 1.09, f"{better} is better", transform=axes.transAxes, fontsize=8.5, color=FAINT, ha="right")
    axes.set_xlabel("pixels put in" if metric.startswith("insertion") else "pixels taken away", fontsize=9, color=INK)
    says = "keeps the class" if "perturbation" in metric else "probability"
    write(axes, 0, 1.0, says, transform=axes.transAxes, fontsize=8.5, color=FAINT, va="bottom")
