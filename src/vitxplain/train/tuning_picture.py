"""A search as a picture: the figure each trial reached, and how it goes with each option."""

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from vitxplain.render.colours import FAINT, GLOBAL, INK, LOCAL
from vitxplain.render.figure import Picture, panel, sheet, write
from vitxplain.train.search_space import Choice, Range, Space

if TYPE_CHECKING:
    from vitxplain.train.study import Tried

WIDTH, HEIGHT, GAP, LEFT, BELOW = 3.0, 2.6, 0.6, 0.55, 0.5  # inches
COLOURS = {"complete": LOCAL, "stopped": FAINT}


def tuning_picture(tried: "Sequence[Tried]", space: Space, metric: str, *, highest: bool) -> Picture:
    """By trial with the best so far as a line, then by each option; crosses are trials that were stopped early."""
    done = [one for one in tried if one.value is not None]
    count = 1 + len(space)
    whole = {one.number: one.value or 0.0 for one in done if one.state == "complete"}
    best = (max if highest else min)(whole.values(), default=None)
    reached = "no trial is complete" if best is None else f"best {metric} {best:.4g} of {len(tried)} trials"
    stopped = sum(one.state == "stopped" for one in tried)
    figure = sheet(
        LEFT + count * WIDTH + (count - 1) * GAP,
        HEIGHT + BELOW + 0.2,
        reached,
        f"{metric} of the validation set · {stopped} stopped early (crosses)",
    )
    for place, name in enumerate(["trial", *space]):
        axes = panel(figure, LEFT + place * (WIDTH + GAP), 0.2, WIDTH, HEIGHT)
        _frame(axes, name)
        values = [one.number if name == "trial" else one.chosen.get(name) for one in done]
        _scale(axes, space.get(name))
        _dots(axes, done, [_place(space.get(name), value) for value in values])
        if name == "trial" and whole:
            so_far = list(accumulate(whole.values(), max if highest else min))
            axes.step(list(whole), so_far, where="post", color=GLOBAL, linewidth=1.4)
    return figure


def _place(one: Range | Choice | None, value: Any) -> Any:
    return one.values.index(str(value)) if isinstance(one, Choice) else value


def _scale(axes: Axes, one: Range | Choice | None) -> None:
    if isinstance(one, Choice):
        axes.set_xticks(range(len(one.values)), one.values)
        axes.set_xlim(-0.5, len(one.values) - 0.5)
    elif one is not None and one.log:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=one is None or one.whole))


def _dots(axes: Axes, done: "Sequence[Tried]", places: Sequence[Any]) -> None:
    for state, marker in {"complete": "o", "stopped": "x"}.items():
        chosen = [(place, one.value) for place, one in zip(places, done, strict=True) if one.state == state]
        if chosen:
            across, up = zip(*chosen, strict=True)
            axes.scatter(across, up, s=30, marker=marker, color=COLOURS[state], alpha=0.85, zorder=3)


def _frame(axes: Axes, name: str) -> None:
    axes.set_axis_on()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=8.5)
    axes.margins(x=0.08, y=0.12)
    write(axes, 0.0, 1.03, name, transform=axes.transAxes, color=INK, fontsize=10.5, weight="bold")
