"""curves.png: loss and accuracy by step, of training and validation."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from vitxplain.render.colours import FAINT, GLOBAL, INK, LOCAL
from vitxplain.render.figure import Picture, sheet, write
from vitxplain.train.metrics_file import Row

COLOURS = {"train": LOCAL, "validation": GLOBAL}
WIDTH, HEIGHT, GAP = 4.2, 3.0, 0.75  # inches of one plot, and between two
AXES, TITLE = 0.5, 0.3  # inches for the numbers at an axis, and for what stands above a plot


def curves(rows: Sequence[Row], headline: str) -> Picture:
    """Two plots side by side; the best validation is marked."""
    figure = sheet(2 * WIDTH + GAP + AXES, HEIGHT + AXES + TITLE, headline, "by step; the ring marks the best")
    page_width, page_height = figure.get_size_inches()
    for place, name in enumerate(("loss", "accuracy")):
        left = (0.2 + AXES + place * (WIDTH + GAP)) / page_width
        axes = figure.add_axes((left, (0.2 + AXES) / page_height, WIDTH / page_width, HEIGHT / page_height))
        _draw(axes, rows, name)
    lines, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(lines, names, loc="upper right", ncols=2, frameon=False, fontsize=10, bbox_to_anchor=(0.985, 0.97))
    return figure


def _draw(axes: Axes, rows: Sequence[Row], name: str) -> None:
    for split, colour in COLOURS.items():
        points = [(row.step, getattr(row, name)) for row in rows if row.split == split]
        if not points:
            continue
        steps, values = zip(*points, strict=True)
        marker = "o" if len(points) <= 40 else ""
        axes.plot(steps, values, color=colour, linewidth=1.6, marker=marker, markersize=3, label=split)
        if split == "validation":
            best = (max if name == "accuracy" else min)(points, key=lambda point: point[1])
            axes.plot(*best, "o", markersize=8, markerfacecolor="none", markeredgecolor=colour)
            axes.annotate(
                f"{best[1]:.1%}" if name == "accuracy" else f"{best[1]:.3g}",
                best,
                xytext=(0, -17 if name == "accuracy" and best[1] > 0.2 else 9),
                textcoords="offset points",
                ha="center",
                color=colour,
                fontsize=9,
            )
    axes.margins(x=0.06, y=0.12)
    if name == "accuracy":
        axes.set_ylim(0, 1.04)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    else:
        axes.set_ylim(0, 1.1 * max(getattr(row, name) for row in rows))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=9)
    write(axes, 0.0, 1.04, name, transform=axes.transAxes, color=INK, fontsize=10.5, weight="bold")
