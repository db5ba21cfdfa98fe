"""curves.png: loss and accuracy by step, of training and validation."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from vitxplain.render.colours import FAINT, GLOBAL, INK, LOCAL
from vitxplain.render.figure import MARGIN, Picture, panel, sheet, write
from vitxplain.train.records.metrics_file import FIGURES, Row, rank

STYLES: Mapping[str, Mapping[str, Any]] = {
    "train": {"color": LOCAL, "linewidth": 1.2, "linestyle": "-", "markersize": 3, "zorder": 3},
    "validation": {"color": GLOBAL, "linewidth": 2.0, "linestyle": "--", "markersize": 6},
}
MOST_MARKERS = 40  # points of a line that are marked one by one
WIDTH, HEIGHT, GAP = 4.2, 3.0, 0.75  # inches of one plot, and between two
LEFT, ABOVE, BELOW = 0.45, 0.35, 0.45  # inches for what stands left of, above and below a plot


def curves(rows: Sequence[Row], run: str, about: str, best: str = "accuracy") -> Picture:
    """Two plots side by side, of the loss and of the first figure; a line marks the step whose weights are kept.

    Args:
        rows: of metrics.csv.
        run: the name of the run.
        about: what was trained on what.
        best: by which figure of the validation weights are kept, or "loss".
    """
    kept = best_row(rows, best)
    evaluations = sum(row.split == "validation" for row in rows)
    why = f"the best validation {named(best)}" if evaluations > 1 else "the only one that was evaluated"
    note = f" · kept: step {kept.step:,}, {why}" if kept else ""
    page = sheet(LEFT + 2 * WIDTH + GAP, ABOVE + HEIGHT + BELOW, run, f"{about}{note}")
    figure = next((name for name in FIGURES if any(name in row.figures for row in rows)), "accuracy")
    for column, name in enumerate(("loss", figure)):
        _draw(panel(page, LEFT + column * (WIDTH + GAP), ABOVE, WIDTH, HEIGHT), rows, name, kept)
    lines, names = page.axes[0].get_legend_handles_labels()
    corner = 1 - MARGIN / page.get_figwidth(), 1 - 0.1 / page.get_figheight()
    page.legend(lines, names, loc="upper right", ncols=3, frameon=False, fontsize=10, bbox_to_anchor=corner)
    return page


def best_row(rows: Sequence[Row], best: str) -> Row | None:
    """The evaluation whose weights are kept."""
    return max((row for row in rows if row.split == "validation"), key=lambda row: rank(row, best), default=None)


def value_of(row: Row, name: str) -> float | None:
    """The loss, or a figure; None where the row has none."""
    return row.loss if name == "loss" else row.figures.get(name)


def named(name: str) -> str:
    """A figure as it is written in pictures and sentences."""
    return FIGURES.get(name, name)


def _draw(axes: Axes, rows: Sequence[Row], name: str, kept: Row | None) -> None:
    axes.set_axis_on()
    for split, style in STYLES.items():
        points = [
            (row.step, value) for row in rows if row.split == split and (value := value_of(row, name)) is not None
        ]
        if points:
            axes.plot(
                *zip(*points, strict=True), **style, marker="o" if len(points) <= MOST_MARKERS else "", label=split
            )
    if kept:
        value = value_of(kept, name) or 0.0
        axes.axvline(kept.step, color=FAINT, linewidth=1, linestyle=":", label="kept", zorder=1)
        axes.plot(kept.step, value, "o", markersize=11, markerfacecolor="none", markeredgecolor=GLOBAL)
        figure = f"validation {value:.1%}" if name != "loss" else f"validation {value:.3g}"
        write(axes, 1, 1.04, f"kept: {figure}", transform=axes.transAxes, color=GLOBAL, fontsize=9.5, ha="right")
    axes.set_xlim(0, 1.04 * max(row.step for row in rows))
    if name != "loss":
        axes.set_ylim(0, 1.04)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    else:
        losses = [row.loss for row in rows if row.loss is not None and isfinite(row.loss)]
        axes.set_ylim(0, 1.1 * max(losses, default=1.0) or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=9)
    axes.set_xlabel("step", fontsize=9.5, color=INK)
    write(axes, 0.0, 1.04, named(name), transform=axes.transAxes, color=INK, fontsize=10.5, weight="bold")
