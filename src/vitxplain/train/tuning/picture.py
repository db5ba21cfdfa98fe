"""The picture of a search: the figure that each trial reached, by trial and by each option."""

from collections.abc import Sequence
from itertools import accumulate
from math import log10
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator, PercentFormatter

from vitxplain.render.colours import FAINT, GLOBAL, INK, LOCAL
from vitxplain.render.figure import Picture, panel, sheet, write
from vitxplain.train.records.metrics_file import FIGURES
from vitxplain.train.tuning.search_space import Choice, Range, Space, TrialResult
from vitxplain.words import short_name

WIDTH, HEIGHT, GAP, LEFT = 3.0, 2.3, 0.65, 0.55  # inches of a plot, between two, and left of the first
ABOVE, BELOW, SLANTED = 0.35, 0.3, 0.75  # inches above a plot, and below it where words stand straight or slanted
COLUMNS, MOST_LETTERS = 3, 30  # plots in a row, and letters that stand straight below one
COLOURS = {"complete": LOCAL, "stopped": FAINT}


def tuning_picture(trials: Sequence[TrialResult], space: Space, metric: str, *, highest: bool) -> Picture:
    """By trial with the best so far as a line, then by each option; crosses are trials that were stopped early."""
    drawn = [trial for trial in trials if trial.value is not None]
    complete = {trial.number: trial.value or 0.0 for trial in drawn if trial.state == "complete"}
    best = (max if highest else min)(complete, key=lambda number: complete[number], default=None)
    words = FIGURES.get(metric, metric)
    title = "no trial is complete" if best is None else f"best: trial {best}, {words} {_figure(complete[best], metric)}"
    names = ["trial", *space]
    columns, step = min(len(names), COLUMNS), (WIDTH + GAP, ABOVE + HEIGHT + max(map(_below, (None, *space.values()))))
    rows = -(-len(names) // columns)
    figure = sheet(
        LEFT + columns * step[0] - GAP, rows * step[1], title, f"{_counts(trials)} · {words} of the validation set"
    )
    for position, name in enumerate(names):
        row, column = divmod(position, columns)
        axes = panel(figure, LEFT + column * step[0], row * step[1] + ABOVE, WIDTH, HEIGHT)
        _frame(axes, name, metric)
        _scale(axes, space.get(name))
        xs = [trial.number if name == "trial" else _x(space[name], trial.options.get(name)) for trial in drawn]
        _dots(axes, drawn, xs, best)
        if name == "trial" and complete:
            best_values = list(accumulate(complete.values(), max if highest else min))
            axes.step(list(complete), best_values, where="post", color=GLOBAL, linewidth=1.4)
            axes.set_xlim(0.5, max(trial.number for trial in trials) + 0.5)
    return figure


def _counts(trials: Sequence[TrialResult]) -> str:
    words = {"stopped": "stopped early (crosses)", "failed": "failed (not drawn)"}
    numbers = {text: sum(trial.state == state for trial in trials) for state, text in words.items()}
    total = f"{len(trials)} {'trial' if len(trials) == 1 else 'trials'}"
    return ", ".join([total, *(f"{number} {text}" for text, number in numbers.items() if number)])


def _figure(value: float, metric: str) -> str:
    return f"{value:.1%}" if metric == "accuracy" else f"{value:.4g}"


def _x(dimension: Range | Choice, value: Any) -> Any:
    """Where a value lies on the horizontal axis."""
    return dimension.values.index(str(value)) if isinstance(dimension, Choice) else value


def _words(choice: Choice) -> list[str]:
    return [short_name(value, 14) for value in choice.values]


def _below(dimension: Range | Choice | None) -> float:
    """Inches for the words below a plot: those of many or long choices are slanted."""
    return SLANTED if isinstance(dimension, Choice) and sum(map(len, _words(dimension))) > MOST_LETTERS else BELOW


def _scale(axes: Axes, dimension: Range | Choice | None) -> None:
    """Let the axis span the dimension, with so few ticks that none touches the next."""
    if isinstance(dimension, Choice):
        slanted = _below(dimension) == SLANTED
        axes.set_xticks(
            range(len(dimension.values)),
            _words(dimension),
            rotation=30 if slanted else 0,
            ha=("center", "right")[slanted],
        )
        axes.set_xlim(-0.5, len(dimension.values) - 0.5)
        return
    if dimension is not None and dimension.log:
        axes.set_xscale("log")
        powers = log10(dimension.high / dimension.low)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if powers < 2 else (1,), numticks=6))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        edge = (dimension.high / dimension.low) ** 0.05
        axes.set_xlim(dimension.low / edge, dimension.high * edge)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=dimension is None or dimension.whole, min_n_ticks=1))
    if dimension is not None and not dimension.log:
        edge = 0.05 * (dimension.high - dimension.low)
        axes.set_xlim(dimension.low - edge, dimension.high + edge)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}".replace("e-0", "e-")))


def _dots(axes: Axes, trials: Sequence[TrialResult], xs: Sequence[Any], best: int | None) -> None:
    for state, marker in {"complete": "o", "stopped": "x"}.items():
        points = [(x, trial.value) for x, trial in zip(xs, trials, strict=True) if trial.state == state]
        if points:
            horizontal, vertical = zip(*points, strict=True)
            axes.scatter(horizontal, vertical, s=30, marker=marker, color=COLOURS[state], alpha=0.85, zorder=3)
    for x, trial in zip(xs, trials, strict=True):
        if trial.number == best:
            axes.plot(
                x, trial.value or 0.0, "o", markersize=10, markerfacecolor="none", markeredgecolor=GLOBAL, zorder=4
            )


def _frame(axes: Axes, name: str, metric: str) -> None:
    axes.set_axis_on()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=8.5)
    axes.margins(x=0.08, y=0.12)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    if metric == "accuracy":
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    write(axes, 0.0, 1.03, name, transform=axes.transAxes, color=INK, fontsize=10.5, weight="bold")
