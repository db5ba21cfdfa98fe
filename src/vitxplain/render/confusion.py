"""The confusion matrix as a picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.render.colours import FAINT, INK
from vitxplain.render.figure import colour_bar, panel, sheet, write
from vitxplain.render.fonts import drawable, families
from vitxplain.render.labels import short_name

CELL, LARGEST, NUMBERED, NAMED = 0.42, 9.0, 24, 60  # inches, inches, classes with numbers in cells, and with names
LETTER = 0.085  # inches a letter of a class name takes
PLACE = 0.55  # inches for the words along the axes
COLOURS = "Blues"


def confusion_sheet(confusion: Int[np.ndarray, "true predicted"], labels: Sequence[str], about: str) -> Figure:
    """How often each true class (row) was taken for each class (column), coloured by its share of the row.

    The last column, for classes that `labels` does not name, is drawn where it holds anything.
    """
    others = bool(confusion[:, -1].any())
    counts = confusion if others else confusion[:, :-1]
    names = [short_name(label, 20) for label in labels]
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = min(CELL, LARGEST / len(names))
    named = len(names) <= NAMED
    margin = PLACE + LETTER * max(map(len, names)) * named
    width, height = side * counts.shape[1], side * len(names)
    wrong = int(confusion.sum() - np.trace(confusion))
    headline = f"{wrong:,} of {int(confusion.sum()):,} images taken for another class"
    figure = sheet(margin + max(width, 2.0) + 0.95, height + margin, headline, about)
    axes = panel(figure, margin, 0, width, height)
    axes.imshow(share, cmap=COLOURS, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    _frame(axes, counts.shape, [*names, "other"] if others else names, named)
    if len(names) <= NUMBERED:
        for row, column in np.argwhere(counts).tolist():
            style = {"color": "white" if share[row, column] > 0.55 else INK, "ha": "center", "va": "center"}
            write(axes, column, row, f"{counts[row, column]:,}", fontsize=7.5, **style)
    colour_bar(panel(figure, margin + width + 0.12, 0, 0.13, height), COLOURS, 0, 1, "share of the true class")
    return figure


def _frame(axes: Axes, shape: tuple[int, int], names: Sequence[str], named: bool) -> None:
    """Class names along both axes, or, where there are too many, none."""
    axes.set_axis_on()
    axes.set_xlabel("predicted", fontsize=10, color=INK)
    axes.set_ylabel("true", fontsize=10, color=INK)
    axes.spines[:].set_color(FAINT)
    axes.tick_params(labelsize=8.5, color=FAINT, labelcolor=INK, length=0)
    words = [drawable(name) for name in names] if named else []
    short = all(len(word) <= 3 for word in words)
    axes.set_xticks(range(shape[1]) if named else [], words[: shape[1]], rotation=0 if short else 90)
    axes.set_yticks(range(shape[0]) if named else [], words[: shape[0]])
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set(parse_math=False, fontfamily=families())
