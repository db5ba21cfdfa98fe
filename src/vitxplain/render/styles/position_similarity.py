"""Similarity of position embeddings, a panel a patch (Dosovitskiy et al. 2021, arXiv 2010.11929, figure 7, centre)."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.errors import OptionError, UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import in_words
from vitxplain.explanation.titles import detail
from vitxplain.render.colours import INK, SIGNED, colours
from vitxplain.render.figure import colour_bar, inches, panel, sheet
from vitxplain.render.mosaic import Mosaic, mosaic

LONGEST = 7.2  # inches
MOST = 14  # panels a side, so that each can be read
SIDE = 800  # pixels of the longer side


def draw(explanation: Explanation, every: int | None = None, cmap: str = SIGNED) -> Figure:
    """One panel for every patch, or for every k-th row and column of a large grid; a dot marks the panel's own patch.

    Colours run from -1 to 1 always, so that pictures of two models compare. `every` states k.

    Raises:
        UsageError: the values are not one map a patch.
        OptionError: `every` is under 1.
    """
    if explanation.axes != "row column row2 column2":
        what = in_words(explanation.method, explanation.axes)
        raise UsageError(f"{what}; these panels need a map for each patch, as position-similarity gives.")
    if every is not None and every < 1:
        raise OptionError(f"every is {every}; it takes 1 (a panel for each patch) or more.")
    rows, columns = explanation.values.shape[:2]
    step = every or -(-max(rows, columns) // MOST)
    kept_rows, kept_columns = _every(step, rows), _every(step, columns)
    chosen = explanation.values[kept_rows.start :: step, kept_columns.start :: step]

    pitch = explanation.grid.patch_size if explanation.grid else (1.0, 1.0)
    shape = inches((round(100 * rows * pitch[0]), round(100 * columns * pitch[1])), 1.0)
    side = SIDE / max(chosen.shape[:2])
    laid = mosaic(colours(chosen / 2 + 0.5, cmap), (round(side * shape[1]), round(side * shape[0])))
    width, height = inches(laid.rgb.shape[:2], LONGEST)

    small_print = (f"one patch in {step} × {step} · " if step > 1 else "") + detail(explanation)
    figure = sheet(width + 1.25, height + 0.42, "How alike the positions are", small_print)
    axes = panel(figure, 0.4, 0, width, height)
    axes.imshow(laid.rgb, aspect="auto")
    _mark_own(axes, laid, kept_rows, kept_columns, (rows, columns))
    _number(axes, laid, kept_rows, kept_columns)
    colour_bar(panel(figure, width + 0.55, 0, 0.13, height), cmap, -1, 1, "cosine similarity")
    return figure


def _every(step: int, count: int) -> range:
    """Every step-th of `count`, starting in the middle of the first step."""
    return range(min(step // 2, count - 1), count, step)


def _mark_own(axes: Axes, laid: Mosaic, rows: range, columns: range, grid: tuple[int, int]) -> None:
    """A dot on the patch each panel is about."""
    cell = laid.tile[0] / grid[0], laid.tile[1] / grid[1]
    corners = [(laid.corner(i, j), row, column) for i, row in enumerate(rows) for j, column in enumerate(columns)]
    y = [top + (row + 0.5) * cell[0] - 0.5 for (top, _), row, _ in corners]
    x = [left + (column + 0.5) * cell[1] - 0.5 for (_, left), _, column in corners]
    axes.scatter(x, y, s=5, color="black", linewidths=0)


def _number(axes: Axes, laid: Mosaic, rows: range, columns: range) -> None:
    """Each panel's patch row at the left, its patch column below."""
    for i, row in enumerate(rows):
        axes.text(-8, laid.centre(i, 0)[0], str(row), fontsize=8.5, color=INK, ha="right", va="center")
    bottom = laid.rgb.shape[0] + 6
    for j, column in enumerate(columns):
        axes.text(laid.centre(0, j)[1], bottom, str(column), fontsize=8.5, color=INK, ha="center", va="top")
    offset: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "fontsize": 9.5, "color": INK}
    axes.annotate("patch column", (0.5, 0), (0, -20), ha="center", va="top", **offset)
    axes.annotate("patch row", (0, 0.5), (-30, 0), va="center", rotation=90, **offset)
