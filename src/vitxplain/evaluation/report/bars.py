"""scores.png: every metric as bars with intervals, the controls in grey."""

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.table.rows import Row
from vitxplain.render.colours import FAINT, INK, PAPER
from vitxplain.render.figure import DPI, MARGIN, Picture, fit, panel, sheet, write
from vitxplain.render.method_looks import method_look

LABELS, BARS, GAP = 1.55, 2.5, 0.3  # inches across: names, bars, and between two panels
LINE, TITLE, TICKS = 0.19, 0.5, 0.42  # inches down: one bar, the panel's title, its axis
ACROSS = 3
CONTROL, SAMPLE = "#bdbdbd", "#5b6b75"
PALE: Final = 0.35  # of a colour
KEY: Final = (  # words, and the verdict that they are about
    ("better than the best control", "yes"),
    ("cannot be told from it", "cannot tell"),
    ("worse than it", "no"),
    ("controls", "control"),
    ("lines: 95 % intervals", None),
)
ARROWS: Final = {"higher": "higher is better", "lower": "lower is better", "neither": "neither way is better"}


def score_bars(evaluation: Evaluation, about: str) -> Picture:
    """A panel for each metric; in it the methods of each model, the best first, then the controls.

    A bar has the colour of its method; how it is filled says whether it is better than the best control.
    """
    metrics = list(evaluation.metrics)
    row_groups = {name: _rows_by_model(evaluation, name) for name in metrics}
    heights = [TITLE + LINE * _lines(row_groups[name]) + TICKS for name in metrics]
    across = 2 if len(metrics) == 4 else min(ACROSS, len(metrics))
    rows = [metrics[start : start + across] for start in range(0, len(metrics), across)]
    legends = [KEY] if across > 1 else [KEY[:2], KEY[2:]]  # one panel is narrower than all that is to be said
    tops, total = [], 0.25 * len(legends)
    for start in range(0, len(metrics), across):
        tops.append(total)
        total += max(heights[start : start + across])
    width = LABELS + BARS
    figure = sheet(across * (width + GAP) - GAP, total, "which explanation can be believed?", about)
    for line, items in enumerate(legends):
        _legend(panel(figure, 0, 0.25 * line - 0.02, figure.get_figwidth() - 2 * MARGIN, 0.2), items)
    for top, names in zip(tops, rows, strict=True):
        for column, name in enumerate(names):
            height = LINE * _lines(row_groups[name])
            axes = panel(figure, column * (width + GAP) + LABELS, top + TITLE, BARS, height)
            _draw(axes, name, ARROWS[evaluation.metrics[name].better], row_groups[name], height)
    return figure


def _rows_by_model(evaluation: Evaluation, metric: str) -> dict[str, list[Row]]:
    row_groups: dict[str, list[Row]] = {}
    for row in evaluation.rows:
        if row.metric == metric:
            row_groups.setdefault(row.model, []).append(row)
    return row_groups


def _lines(row_groups: dict[str, list[Row]]) -> int:
    return sum(len(rows) + 1 for rows in row_groups.values())


def _draw(axes: Axes, name: str, direction: str, row_groups: dict[str, list[Row]], height: float) -> None:
    axes.set_axis_on()
    top_line = 0
    for model, rows in row_groups.items():
        fit(
            write(
                axes,
                0.0,
                top_line,
                model,
                transform=axes.get_yaxis_transform(),
                fontsize=9,
                weight="bold",
                va="center",
                color=INK,
            ),
            BARS,
            middle=True,
        )
        for line, row in enumerate(rows, top_line + 1):
            _bar(axes, line, row)
        top_line += len(rows) + 1
    axes.set_ylim(top_line - 0.5, -0.5)
    highest = max(
        (row.score.high for rows in row_groups.values() for row in rows if row.score.high == row.score.high), default=1
    )
    axes.set_xlim(0, 1 if 0.5 < highest <= 1 else 1.05 * highest or 1)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(colors=FAINT, labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#999999")
    axes.grid(axis="x", color="#e8e8e8", linewidth=0.6)
    axes.set_axisbelow(True)
    above = {"transform": axes.transAxes, "fontsize": 10.5, "weight": "bold", "color": INK}
    write(axes, -LABELS / BARS, 1 + 0.14 / height, name, **above)
    write(axes, 1, 1 + 0.14 / height, direction, transform=axes.transAxes, fontsize=8.5, color=FAINT, ha="right")


def _bar(axes: Axes, line: int, row: Row) -> None:
    mean, low, high = row.score
    shade = FAINT if row.control else INK
    label = write(
        axes,
        -0.03,
        line,
        row.method,
        transform=axes.get_yaxis_transform(),
        fontsize=8.5,
        ha="right",
        va="center",
        color=shade,
    )
    fit(label, LABELS - 0.1)
    if mean != mean:
        write(
            axes, 0.01, line, "not defined", transform=axes.get_yaxis_transform(), fontsize=8, va="center", color=FAINT
        )
        return
    filling = _filling(*(("control", CONTROL) if row.control else (row.verdict, method_look(row.method).colour)))
    axes.barh(line, mean, height=0.72, **filling)
    axes.plot([low, high], [line, line], color=INK if not row.control else FAINT, linewidth=1.1, solid_capstyle="butt")


def _filling(verdict: str, colour: str) -> dict[str, Any]:
    """Full, pale or empty within its edge."""
    inside = PAPER if verdict == "no" else to_rgba(colour, PALE if verdict == "cannot tell" else 1)
    return {"facecolor": inside, "edgecolor": colour, "linewidth": 1.2}


def _legend(axes: Axes, items: Sequence[tuple[str, str | None]]) -> None:
    width = axes.get_window_extent().width / DPI
    axes.set_xlim(0, width)
    axes.set_ylim(0, 0.2)
    left = 0.0
    for words, verdict in items:
        if verdict:
            filling = _filling(verdict, CONTROL if verdict == "control" else SAMPLE)
            axes.add_patch(Rectangle((left, 0.03), 0.13, 0.13, **filling))
            left += 0.2
        label = write(axes, left, 0.09, words, fontsize=9, va="center", color=INK if verdict else FAINT)
        left += label.get_window_extent().width / DPI + 0.25
