"""The confusion matrix as a picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.render.colours import FAINT, INK
from vitxplain.render.figure import DPI, colour_bar, panel, sheet, write
from vitxplain.render.letters.fonts import drawable, families
from vitxplain.words import short_name

CELL, SMALLEST, LARGEST = 0.42, 2.4, 9.0  # inches of a cell, and of the side of the matrix
NUMBERED, NAMED = 24, 60  # so many classes have numbers in cells, and names
NAME, COUNT, AXIS = 8.5, (7.5, 11.0), 10  # points of class names, counts (in small and large cells) and axis titles
PAD, TITLE = 0.1, 0.28  # inches between names and matrix, and for the title of an axis
COLOURS = "Blues"


def confusion_sheet(
    confusion: Int[np.ndarray, "true predicted"],
    labels: Sequence[str],
    about: str,
    *,
    headline: str | None = None,
    last: str = "other",
) -> Figure:
    """How often each true class (row) was taken for each class (column), coloured by its share of the row.

    The last column, for classes that `labels` does not name (or what it is called), is drawn where it holds anything.
    """
    others = bool(confusion[:, -1].any())
    counts = confusion if others else confusion[:, :-1]
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    rows, columns = counts.shape
    side = min(max(CELL * rows, SMALLEST), LARGEST) / rows
    names = [drawable(short_name(label, 20)) for label in (*labels, last)[:columns]] if rows <= NAMED else []
    longest = max(map(_inches, names), default=0.0)
    flat = longest < 0.95 * side
    left, below = longest + PAD + TITLE, TITLE + bool(names) * ((0.15 if flat else longest) + PAD)
    width, height = side * columns, side * rows
    wrong = int(confusion.sum() - np.trace(confusion))
    headline = headline or f"{wrong:,} of {int(confusion.sum()):,} images taken for another class"
    figure = sheet(left + width + 0.95, height + below, headline, about)
    axes = panel(figure, left, 0, width, height)
    axes.imshow(share, cmap=COLOURS, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    _frame(axes, names, rows, flat=flat)
    if rows <= NUMBERED:
        for row, column in np.argwhere(counts).tolist():
            style = {"color": "white" if share[row, column] > 0.55 else INK, "ha": "center", "va": "center"}
            write(axes, column, row, f"{counts[row, column]:,}", fontsize=COUNT[side > 0.55], **style)
    colour_bar(panel(figure, left + width + 0.12, 0, 0.13, height), COLOURS, 0, 1, "share of the true class")
    return figure


def _inches(name: str) -> float:
    """How long a class name is on paper."""
    text = write(Figure(dpi=DPI), 0, 0, name, fontsize=NAME)
    return float(text.get_window_extent().width) / DPI


def _frame(axes: Axes, names: Sequence[str], rows: int, *, flat: bool) -> None:
    """Class names along both axes, or, where there are too many, only their order."""
    axes.set_axis_on()
    order = "" if names else f", {rows:,} classes in the order of the data"
    axes.set_xlabel(f"predicted{order}", fontsize=AXIS, color=INK)
    axes.set_ylabel("true", fontsize=AXIS, color=INK)
    axes.spines[:].set_color(FAINT)
    axes.tick_params(labelsize=NAME, color=FAINT, labelcolor=INK, length=0)
    axes.set_xticks(range(len(names)), names, rotation=0 if flat else 90)
    axes.set_yticks(range(min(rows, len(names))), names[:rows])
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set(parse_math=False, fontfamily=families())
