"""A search as a picture: the figure each trial reached, and how it goes with each option."""

from collections.abc import Sequence
from itertools import accumulate
from math import log10
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator, PercentFormatter

from vitxplain.render.colours import FAINT, GLOBAL, INK, LOCAL
from vitxplain.render.figure import Picture, panel, sheet, write
from vitxplain.train.tuning.search_space import Choice, Range, Space, TrialResult
from vitxplain.words import short_name

WIDTH, HEIGHT, GAP, LEFT = 3.0, 2.3, 0.65, 0.55  # inches of a plot, between two, and left of the first
ABOVE, BELOW, SLANTED = 0.35, 0.3, 0.75  # inches above a plot, and below it where words stand straight or slanted
ACROSS, ROOM = 3, 30  # plots in a row, and letters along one
COLOURS = {"complete": LOCAL, "stopped": FAINT}


def tuning_picture(tried: Sequence[TrialResult], space: Space, metric: str, *, highest: bool) -> Picture:
    """By trial with the best so far as a line, then by each option; crosses are trials that were stopped early."""
    done = [one for one in tried if one.value is not None]
    whole = {one.number: one.value or 0.0 for one in done if one.state == "complete"}
    best = (max if highest else min)(whole, key=lambda number: whole[number], default=None)
    reached = "no trial is complete" if best is None else f"best: trial {best}, {metric} {_figure(whole[best], metric)}"
    names = ["trial", *space]
    across, step = min(len(names), ACROSS), (WIDTH + GAP, ABOVE + HEIGHT + max(map(_below, (None, *space.values()))))
    down = -(-len(names) // across)
    figure = sheet(
        LEFT + across * step[0] - GAP, down * step[1], reached, f"{_counts(tried)} · {metric} of the validation set"
    )
    for place, name in enumerate(names):
        row, column = divmod(place, across)
        axes = panel(figure, LEFT + column * step[0], row * step[1] + ABOVE, WIDTH, HEIGHT)
        _frame(axes, name, metric)
        _scale(axes, space.get(name))
        places = [one.number if name == "trial" else _place(space[name], one.chosen.get(name)) for one in done]
        _dots(axes, done, places, best)
        if name == "trial" and whole:
            so_far = list(accumulate(whole.values(), max if highest else min))
            axes.step(list(whole), so_far, where="post", color=GLOBAL, linewidth=1.4)
            axes.set_xlim(0.5, max(one.number for one in tried) + 0.5)
    return figure


def _counts(tried: Sequence[TrialResult]) -> str:
    words = {"stopped": "stopped early (crosses)", "failed": "failed (not drawn)"}
    numbers = {said: sum(one.state == state for one in tried) for state, said in words.items()}
    trials = f"{len(tried)} {'trial' if len(tried) == 1 else 'trials'}"
    return ", ".join([trials, *(f"{number} {said}" for said, number in numbers.items() if number)])


def _figure(value: float, metric: str) -> str:
    return f"{value:.1%}" if metric == "accuracy" else f"{value:.4g}"


def _place(one: Range | Choice, value: Any) -> Any:
    return one.values.index(str(value)) if isinstance(one, Choice) else value


def _words(one: Choice) -> list[str]:
    return [short_name(value, 14) for value in one.values]


def _below(one: Range | Choice | None) -> float:
    """Inches for the words below a plot: those of many or long choices are slanted."""
    return SLANTED if isinstance(one, Choice) and sum(map(len, _words(one))) > ROOM else BELOW


def _scale(axes: Axes, one: Range | Choice | None) -> None:
    """All that is searched, with few enough ticks that none touches the next."""
    if isinstance(one, Choice):
        slanted = _below(one) == SLANTED
        axes.set_xticks(
            range(len(one.values)), _words(one), rotation=30 if slanted else 0, ha=("center", "right")[slanted]
        )
        axes.set_xlim(-0.5, len(one.values) - 0.5)
        return
    if one is not None and one.log:
        axes.set_xscale("log")
        powers = log10(one.high / one.low)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if powers < 2 else (1,), numticks=6))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        edge = (one.high / one.low) ** 0.05
        axes.set_xlim(one.low / edge, one.high * edge)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=one is None or one.whole, min_n_ticks=1))
    if one is not None and not one.log:
        edge = 0.05 * (one.high - one.low)
        axes.set_xlim(one.low - edge, one.high + edge)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}".replace("e-0", "e-")))


def _dots(axes: Axes, done: Sequence[TrialResult], places: Sequence[Any], best: int | None) -> None:
    for state, marker in {"complete": "o", "stopped": "x"}.items():
        chosen = [(place, one.value) for place, one in zip(places, done, strict=True) if one.state == state]
        if chosen:
            across, up = zip(*chosen, strict=True)
            axes.scatter(across, up, s=30, marker=marker, color=COLOURS[state], alpha=0.85, zorder=3)
    for place, one in zip(places, done, strict=True):
        if one.number == best:
            axes.plot(
                place, one.value or 0.0, "o", markersize=10, markerfacecolor="none", markeredgecolor=GLOBAL, zorder=4
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
