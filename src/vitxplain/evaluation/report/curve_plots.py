"""curves.png: what the model says while pixels go or come, the mean over the images."""

from collections.abc import Mapping
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.table.mean_curves import Curve
from vitxplain.render.colours import FAINT, INK
from vitxplain.render.figure import Picture, fit, panel, sheet, write
from vitxplain.render.method_looks import method_look

WIDTH, HEIGHT, LEFT, GAP = 3.3, 2.4, 0.45, 0.65  # inches of one plot, left of it, between two
ABOVE, BELOW, NAMES = 0.5, 0.55, 2.1  # above and below one, and for the names right of all
MODEL, BETTER = 0.35, 1.15  # for a model's name above its plots, and for the words at the right of a title
ACROSS: Final = 3


def curve_plots(evaluation: Evaluation, about: str) -> Picture | None:
    """For each model a plot for each metric that is an area under a curve; None if no metric is."""
    curves = evaluation.curves
    metrics = [name for name in evaluation.metrics if any(metric == name for *_, metric in curves)]
    if not metrics:
        return None
    across = 2 if len(metrics) == 4 else min(ACROSS, len(metrics))
    plots = LEFT + across * (WIDTH + GAP) - GAP
    row, heading = ABOVE + HEIGHT + BELOW, MODEL if len(evaluation.models) > 1 else 0.0
    block = heading + -(-len(metrics) // across) * row
    figure = sheet(plots + NAMES, len(evaluation.models) * block, "what the model says while pixels go or come", about)
    for down, model in enumerate(evaluation.models):
        top = down * block
        controls = {scores.method: scores.control for scores in evaluation.method_scores if scores.model == model}
        of_model = {(method, metric): curve for (name, method, metric), curve in curves.items() if name == model}
        looks = _looks({method: controls[method] for method, _ in of_model})
        if heading:
            _heading(panel(figure, 0, top, plots + NAMES, heading), model, plots + NAMES)
        for index, metric in enumerate(metrics):
            left, under = LEFT + index % across * (WIDTH + GAP), top + heading + index // across * row + ABOVE
            axes = panel(figure, left, under, WIDTH, HEIGHT)
            _draw(axes, of_model, metric, looks)
            _words(axes, metric, evaluation.metrics[metric].better)
        _names(panel(figure, plots, top + heading + ABOVE, NAMES, HEIGHT), looks)
    return figure


def _looks(is_control: Mapping[str, bool]) -> dict[str, dict[str, Any]]:
    """By method, the controls last and behind the others; `is_control` says of each whether it is one."""
    return {
        name: {**method_look(name, control=control).line(), "zorder": 2 if control else 3}
        for name, control in sorted(is_control.items(), key=lambda name_and_control: name_and_control[1])
    }


def _heading(axes: Axes, model: str, width: float) -> None:
    fit(write(axes, 0, 0.5, model, fontsize=12, weight="bold", color=INK, va="center"), width, middle=True)
    axes.axhline(1, color="#dddddd", linewidth=1)


def _draw(axes: Axes, curves: Mapping[tuple[str, str], Curve], metric: str, looks: dict[str, dict[str, Any]]) -> None:
    axes.set_axis_on()
    for method, look in looks.items():
        if (method, metric) in curves:
            shares, heights = curves[method, metric].T
            axes.plot(shares, heights, **look)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    axes.tick_params(colors=FAINT, labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e8e8e8", linewidth=0.6)


def _words(axes: Axes, metric: str, better: str) -> None:
    above = {"transform": axes.transAxes, "va": "bottom"}
    fit(write(axes, 0, 1.08, metric, fontsize=10.5, weight="bold", color=INK, **above), WIDTH - BETTER)
    write(axes, 1, 1.08, f"{better} is better", fontsize=8.5, color=FAINT, ha="right", **above)
    axes.set_xlabel(across_words(metric), fontsize=9, color=INK)
    write(axes, 0, 1.0, up_words(metric), fontsize=8.5, color=FAINT, **above)


def across_words(metric: str) -> str:
    """What runs from left to right."""
    return "pixels put in" if metric.startswith("insertion") else "pixels taken away"


def up_words(metric: str) -> str:
    """What runs upwards."""
    return "keeps the class" if "perturbation" in metric else "probability"


def _names(axes: Axes, looks: dict[str, dict[str, Any]]) -> None:
    """Which line is which method."""
    handles = [Line2D([], [], **look) for look in looks.values()]
    named = axes.legend(
        handles,
        list(looks),
        loc="upper left",
        bbox_to_anchor=(0.05, 1.02),
        frameon=False,
        fontsize=8.5,
        borderaxespad=0,
    )
    for text in named.get_texts():
        text.set_parse_math(False)
        fit(text, NAMES - 0.65)
