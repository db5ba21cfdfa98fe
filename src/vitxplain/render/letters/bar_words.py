"""Words at both ends of an upright colour bar: what the one speaks for at the top, what the other at the bottom."""

from textwrap import wrap
from typing import Final

from matplotlib.axes import Axes
from matplotlib.text import Text

from vitxplain.render.colours import INK
from vitxplain.render.letters.fonts import drawable, families

GAP: Final = 1.5  # points between a number and the words beside it, and to the edge of the page
NARROWEST: Final = 4  # letters of a line


class EndWords(Text):
    """The words of one end, whole, however they are broken into lines."""

    def __init__(self, words: str, points: float) -> None:
        super().__init__(0, 0, words, fontsize=points, color=INK, parse_math=False, fontfamily=families())
        self.words = words


def write_at_ends(bar: Axes, low: str, high: str, points: float) -> None:
    """Write what the highest values mean at the top of the bar and what the lowest mean at its bottom."""
    for words in (high, low):
        text = EndWords(drawable(words), points)
        bar.add_artist(text)
        text.set_transform(bar.transAxes)
        text.set_clip_on(False)
    lay_end_words(bar)


def lay_end_words(bar: Axes) -> None:
    """Break them into lines that end on the page, between the numbers; where there is no room, below the bar.

    The number of the middle gives way to words. Does nothing for a bar without any.
    """
    ends = [text for text in bar.texts if isinstance(text, EndWords)]
    if not ends:
        return
    for tick in bar.yaxis.get_major_ticks():
        tick.label2.set_visible(True)
    labels = sorted(bar.yaxis.get_ticklabels(), key=lambda label: float(label.get_position()[1]))
    lowest, middle, highest = (label.get_window_extent() for label in (labels[0], labels[len(labels) // 2], labels[-1]))
    gap = GAP * bar.figure.dpi / 72
    page = bar.figure.bbox.x1 - 2 * gap
    for text in ends:
        _break(text, page - lowest.x0)
    own, other = (text.get_window_extent().height for text in ends)
    top, bottom = highest.y0 - gap, lowest.y1 + gap
    if own + other + gap <= top - bottom:
        _put(bar, ends[0], lowest.x0, top, "left", "top")
        _put(bar, ends[1], lowest.x0, bottom, "left", "bottom")
        if top - own < middle.y1 or bottom + other > middle.y0:
            for label in labels[1:-1]:
                label.set_visible(False)
        return
    height = lowest.y0 - 2 * gap
    for text, arrow in zip(ends, "▲▼", strict=True):
        text.set_text(f"{arrow} {text.words}")
        _put(bar, text, page, height, "right", "top")
        height -= text.get_window_extent().height + gap


def _break(text: EndWords, room: float) -> None:
    """Break the words into lines of at most so many pixels, where letters allow."""
    for letters in range(len(text.words), NARROWEST - 1, -1):
        text.set_text("\n".join(wrap(text.words, letters)))
        if text.get_window_extent().width <= room:
            return


def _put(bar: Axes, text: Text, x: float, y: float, across: str, upright: str) -> None:
    text.set_position(tuple(bar.transAxes.inverted().transform((x, y))))
    text.set(horizontalalignment=across, verticalalignment=upright)
