"""The sheet every picture is drawn on: sizes in inches from the top left, no pyplot, no global state.

Without pyplot figures belong to their caller alone, so threads and servers without a screen are safe.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final, cast

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
import numpy as np
from jaxtyping import UInt8
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.text import Text

from vitxplain.files.png import FAST, png
from vitxplain.render.colours import FAINT, INK, PAPER
from vitxplain.render.letters.bar_words import write_at_ends
from vitxplain.render.letters.fonts import drawable, drawable_lines, families

DPI = 120
MARGIN, HEADER = 0.2, 0.72  # inches
NARROWEST = 5.0  # a title needs room
HEADLINE: Final = 7.5  # points, to which the lines above the content shrink
# Inches from the top, points, colour and weight of the two lines above the content.
MINUS: Final = "\u2212"  # as wide as a plus, where a hyphen is read over
LINES: Final = ((0.32, 14, INK, "bold"), (0.55, 9.5, FAINT, "normal"))


class Picture(Figure):
    """A matplotlib figure that notebooks show by itself.

    `changing`: what differs between the pictures that are drawn on one sheet, one after the other; all else is drawn
    once. A sheet that is drawn on once needs none.
    """

    changing: Sequence[Artist] = ()
    unchanging: Any = None  # pixels of all that is not in `changing`, once they are drawn

    def _repr_png_(self) -> bytes:
        return png_bytes(self)

    def place(self, width: float, height: float) -> None:
        """Make room for content of this size in inches, and for what stands above it."""
        self.set_size_inches(max(width + 2 * MARGIN, NARROWEST), height + HEADER + MARGIN)
        self.unchanging = None

    def head(self, *words: str, factor: float = 1.0, smallest: float = HEADLINE) -> None:
        """The class in large and the method in small letters above the content, in place of those that stand there.

        Letters, and the room around them, are so many times as large, and at least `smallest` points.
        """
        width, height = self.get_size_inches()
        margin = MARGIN * factor
        for line in list(self.texts):
            line.remove()
        for text, (top, size, colour, weight) in zip(words, LINES, strict=False):
            style = {"fontsize": max(size * factor, smallest), "color": colour, "weight": weight}
            line = write(self, margin / width, 1 - top * factor / height, text, **style)
            fit(line, width - 2 * margin, smallest=smallest)


def sheet(width: float, height: float, *words: str) -> Picture:
    """A white page for content of this size, with the class in large and the method in small letters above it."""
    figure = Picture(dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    figure.place(width, height)
    if words:
        figure.head(*words)
    return figure


def write(where: Figure | Axes, x: float, y: float, text: str, **style: Any) -> Text:
    """Text as it stands: a dollar sign starts no formula, and letters of any script are looked for."""
    return where.text(x, y, drawable(text), parse_math=False, fontfamily=families(), **style)


def fit(line: Text, width: float, *, middle: bool = False, smallest: float = HEADLINE) -> None:
    """Make a line of text fit `width` inches: smaller letters first, then fewer, from its end or from its middle."""
    available = width * DPI

    def excess() -> float:
        return line.get_window_extent().width / available

    while excess() > 1 and float(line.get_fontsize()) > smallest:  # hinted letters shrink less than their size
        line.set_fontsize(max(smallest, 0.98 * float(line.get_fontsize()) / excess()))
    text = line.get_text()
    kept = len(text)
    while excess() > 1 and kept > 8:
        kept -= 3
        tail = kept // 2 if middle else 0
        line.set_text(f"{text[: kept - tail].rstrip()}…{text[len(text) - tail :]}")


def panel(figure: Figure, left: float, top: float, width: float, height: float, title: str = "") -> Axes:
    """Axes without frame at inches from the content's top left corner."""
    axes = figure.add_axes(rectangle(figure, left, top, width, height))
    axes.set_axis_off()
    if title:
        words = axes.set_title(drawable_lines(title), fontsize=9.5, color=INK, pad=4, parse_math=False)
        words.set_fontfamily(families())
        fit(words, max(width, 1.3) + 0.2)
    return axes


def rectangle(
    figure: Figure, left: float, top: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """The place of axes, as matplotlib counts it, of inches from the content's top left corner."""
    page_width, page_height = figure.get_size_inches()
    bottom = page_height - HEADER - top - height
    return (MARGIN + left) / page_width, bottom / page_height, width / page_width, height / page_height


def colour_bar(
    axes: Axes,
    colour_map: str,
    low: float,
    high: float,
    label: str | tuple[str, str],
    *,
    root: bool = False,
    ticks: float = 8.5,
) -> None:
    """Which colour means which value; horizontal where the axes are wider than high.

    `label`: of the whole bar, or of the low and the high end of an upright one. `root`: colours go by the
    square root of the values. `ticks`: points of the numbers.
    """
    box = axes.get_window_extent()
    scale = ScalarMappable(PowerNorm(0.5, low, high) if root else Normalize(low, high), colour_map)
    axes.set_axis_on()
    bar = axes.figure.colorbar(scale, cax=axes, orientation="horizontal" if box.width > box.height else "vertical")
    values = [low, low + (high - low) / (4 if root else 2), high]
    bar.set_ticks(values, labels=[f"{value:.2g}".replace("-", MINUS) for value in values])
    bar.ax.tick_params(labelsize=ticks, color=FAINT, labelcolor=INK)
    bar.outline.set_visible(False)
    if not isinstance(label, str):
        write_at_ends(axes, *label, points=ticks)
        return
    bar.set_label(label, fontsize=9, color=INK)
    break_labels(axes)


def break_labels(axes: Axes) -> None:
    """Words beside axes that are much longer than those: in two lines, parted at the space nearest to their middle."""
    for label, side in ((axes.yaxis.label, "height"), (axes.xaxis.label, "width")):
        words = label.get_text()
        spaces = [at for at, letter in enumerate(words) if letter == " "]
        too_long = getattr(label.get_window_extent(), side) > 1.2 * getattr(axes.get_window_extent(), side)
        if spaces and too_long and "\n" not in words:
            middle = min(spaces, key=lambda at: abs(at - len(words) / 2))
            label.set_text(f"{words[:middle]}\n{words[middle + 1 :]}")


def inches(size: tuple[int, int], longest: float) -> tuple[float, float]:
    """(width, height) on paper of an image of (height, width) pixels; no side under a tenth of the longest."""
    height, width = size
    scale = longest / max(height, width)
    return max(width * scale, longest / 10), max(height * scale, longest / 10)


def png_bytes(figure: Figure, dpi: float | None = None) -> bytes:
    """The figure as a PNG file; `dpi` None are those it was made for."""
    if dpi is None and isinstance(figure, Picture) and figure.changing:
        return png(_drawn_again(figure))
    buffer = BytesIO()
    if dpi is not None:
        figure.savefig(buffer, format="png", dpi=dpi)
    else:
        figure.savefig(buffer, format="png", pil_kwargs={"compress_level": FAST})
    return buffer.getvalue()


def _drawn_again(figure: Picture) -> UInt8[np.ndarray, "height width 3"]:
    """The pixels of a sheet on which only what changes is drawn anew; the paper lets nothing shine through."""
    canvas = cast(FigureCanvasAgg, figure.canvas)
    if figure.unchanging is None:
        for artist in figure.changing:
            artist.set_visible(False)
        canvas.draw()
        for artist in figure.changing:
            artist.set_visible(True)
        figure.unchanging = canvas.copy_from_bbox(figure.bbox)
    else:
        canvas.restore_region(figure.unchanging)
    for artist in figure.changing:
        figure.draw_artist(artist)
    return np.asarray(canvas.buffer_rgba())[..., :3]
