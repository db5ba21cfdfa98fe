"""A figure at the width of a column: pictures shrink, letters stay readable, and what lies between keeps to them."""

from collections.abc import Iterable, Mapping
from textwrap import fill
from typing import Final, TypeAlias

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from vitxplain.errors import OptionError
from vitxplain.render.figure import HEADER, MARGIN, Picture, break_labels, fit
from vitxplain.render.letters.bar_words import lay_end_words

Edges: TypeAlias = list[tuple[float, float, bool]]  # from, to in inches, and whether pictures lie there

WORDS: Final = {"column": 3.25, "page": 6.75}  # inches: of conferences' pages of two columns
WIDEST: Final = 40.0
SMALLEST: Final = 6.0  # points of letters on paper
LEAST: Final = 0.18  # of their size, to which pictures shrink
LEAST_LETTERS: Final = 0.62
NARROW: Final = 0.45  # inches: what is no wider or no higher and shows no image is a colour bar or a legend


def inches_of(width: float | str) -> float:
    """Raises:
    OptionError: neither a word nor a number of inches.
    """
    if isinstance(width, str) and width in WORDS:
        return WORDS[width]
    if isinstance(width, bool) or not isinstance(width, (int, float)) or not 0 < width <= WIDEST:
        words = " or ".join(f'"{word}" ({size} inches)' for word, size in WORDS.items())
        raise OptionError(f"width is {width!r}; it takes inches, above 0 and at most {WIDEST:g}, {words}.")
    return float(width)


def arrange(figure: Picture, width: float | str | None = None, title: str | None = None) -> Picture:
    """The figure at this width with this title; an empty one leaves the lines above the pictures away.

    Raises:
        OptionError: no such width, or one in which nothing of this figure can be seen.
    """
    old_width, old_height = map(float, figure.get_size_inches())
    wide = old_width if width is None else inches_of(width)
    letters = min(1.0, max(LEAST_LETTERS, (wide / old_width) ** 0.5))
    places = {axes: _place(axes, old_width, old_height) for axes in figure.axes}
    scalable = {axes: frame for axes, frame in places.items() if axes.images or min(frame.width, frame.height) > NARROW}
    header = 0.0 if title == "" else HEADER * letters
    content = max((frame.x1 for frame in places.values()), default=old_width - MARGIN)
    across = _edges([(frame.x0, frame.x1) for frame in scalable.values()], MARGIN, max(content, old_width - MARGIN))
    down = _edges([(frame.y0, frame.y1) for frame in scalable.values()], HEADER, old_height - MARGIN)
    fixed = sum(end - start for start, end, pictured in across if not pictured) * letters + 2 * MARGIN * letters
    pictured = sum(end - start for start, end, pictured in across if pictured)
    scale = (wide - fixed) / pictured if width is not None and pictured else 1.0
    if scale < LEAST:
        raise OptionError(
            f"width is {wide:g} inches, and this picture needs at least {fixed + LEAST * pictured + 0.05:.1f}; "
            "give more, or a style with fewer panels."
        )
    margin, words = MARGIN * letters, [line.get_text() for line in figure.texts]
    anchors = {axes: _anchor(axes) for axes in places}
    above = header or margin

    def put(scale: float) -> tuple[dict[Axes, Bbox], float]:
        """Put all in place, pictures so many times as large: the places, and how high the page is."""
        new = {
            axes: Bbox(
                [
                    [margin + _moved(frame.x0, across, scale, letters), _moved(frame.y0, down, scale, letters)],
                    [margin + _moved(frame.x1, across, scale, letters), _moved(frame.y1, down, scale, letters)],
                ]
            )
            for axes, frame in places.items()
        }
        height = above + _moved(old_height - MARGIN, down, scale, letters) + margin
        _put(figure, new, (wide, height), above)
        return new, height

    for line in list(figure.texts):
        line.remove()
    new, height = put(scale)
    for axes, frame in places.items():
        _shrink_letters(axes, letters, wide - margin, anchors[axes] * frame.height)
        lay_end_words(axes)
    bars = [box for axes in places if axes not in scalable for box in _boxes(axes)]
    beyond = max((box.x1 / figure.dpi for box in bars), default=0.0) - (wide - margin / 4)
    if beyond > 0 and pictured:  # words beside a bar that would be cut off at the right
        new, height = put(max(scale - beyond / pictured, LEAST / 2))
        for axes in places:
            lay_end_words(axes)
    # inches; below 0 letters are cut off
    low = min((box.y0 / figure.dpi for axes in places for box in _boxes(axes)), default=margin)
    if low < margin / 2:
        _put(figure, new, (wide, height + margin / 2 - low), above)
    if title != "":
        lines = words if title is None else [title, *words[1:]]
        figure.head(*lines, factor=letters, smallest=SMALLEST)
    for axes in scalable:
        if axes.images:
            _drop_covered(axes)
    return figure


def _boxes(axes: Axes) -> list[Bbox]:
    """What axes and their words cover, in pixels.

    The words of an axis are asked for by themselves: before 3.11 matplotlib's box of axes has not their whole length.
    """
    axis_boxes = (axis.get_tightbbox() for axis in (axes.xaxis, axes.yaxis)) if axes.axison else ()
    return [box for box in (axes.get_tightbbox(), *axis_boxes) if box is not None]


def _put(figure: Picture, places: Mapping[Axes, Bbox], size: tuple[float, float], above: float) -> None:
    """Axes at inches from the left and from `above` the content."""
    figure.set_size_inches(*size)
    figure.unchanging = None
    for axes, frame in places.items():
        bottom = 1 - (above + frame.y1) / size[1]
        axes.set_position((frame.x0 / size[0], bottom, frame.width / size[0], frame.height / size[1]))


def _anchor(axes: Axes) -> float:
    """How far below the axes their legend begins, as a share of their height."""
    legend = axes.get_legend()
    return 0.0 if legend is None else float(-axes.transAxes.inverted().transform(legend.get_bbox_to_anchor().p0)[1])


def _place(axes: Axes, width: float, height: float) -> Bbox:
    """In inches from the figure's top left corner."""
    box = axes.get_position(original=True)
    return Bbox([[box.x0 * width, (1 - box.y1) * height], [box.x1 * width, (1 - box.y0) * height]])


def _edges(intervals: Iterable[tuple[float, float]], start: float, end: float) -> Edges:
    """From `start` to `end` in pieces, those that some picture covers and those between."""
    pieces: Edges = []
    for low, high in sorted(intervals):
        if low > start + 1e-6:
            pieces.append((start, low, False))
        if high > start:
            pieces.append((max(low, start), high, True))
            start = high
    return [*pieces, (start, end, False)] if end > start + 1e-6 else pieces


def _moved(edge: float, pieces: Edges, scale: float, letters: float) -> float:
    """Where what was at `edge` is now, from the first piece's start on."""
    return sum(max(0.0, min(edge, end) - start) * (scale if pictured else letters) for start, end, pictured in pieces)


def _shrink_letters(axes: Axes, letters: float, right: float, below: float) -> None:
    """Every text of the axes by this factor, none below what is readable; titles and legends fit again.

    `right` is where the page ends, `below` how far under the axes their legend began, in inches.
    """
    if letters == 1:
        return
    for axis in (axes.xaxis, axes.yaxis):
        labels = axis.get_ticklabels()
        if labels:
            axis.set_tick_params(labelsize=max(float(labels[0].get_fontsize()) * letters, SMALLEST))
    legend = axes.get_legend()
    texts = [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label, *(legend.get_texts() if legend else ())]
    for text in texts:
        text.set_fontsize(max(float(text.get_fontsize()) * letters, SMALLEST))
        if isinstance(text, Annotation):
            x, y = map(float, text.xyann)
            text.xyann = x * max(letters, 0.8), y * max(letters, 0.8)
    if axes.title.get_text():
        fit(axes.title, max(axes.get_window_extent().width / axes.figure.dpi, 0.5), smallest=SMALLEST)
    break_labels(axes)
    label, words = axes.xaxis.label, " ".join(axes.xaxis.label.get_text().split())
    if label.get_window_extent().x0 < 0:  # a bar at the left that is narrower than its words
        letter = label.get_window_extent().width / max(map(len, label.get_text().split("\n")))
        room = axes.get_window_extent().width + 0.1 * axes.figure.dpi
        label.set_text(fill(words, max(8, int(room / letter))))
    if legend is not None:
        _lay_legend(axes, legend, right, below * max(letters, 0.8))


def _lay_legend(axes: Axes, legend: Legend, right: float, below: float) -> None:
    """The same legend in as many columns as there is room for."""
    handles, words = [one for one in legend.legend_handles if one], [text.get_text() for text in legend.get_texts()]
    frame = axes.get_window_extent()
    for columns in range(len(words), 0, -1):
        laid = axes.legend(
            handles,
            words,
            fontsize=legend.get_texts()[0].get_fontsize(),
            frameon=False,
            ncols=columns,
            loc="upper left",
            bbox_to_anchor=(0, -below * axes.figure.dpi / frame.height if below > 0 else 1),
            columnspacing=1,
            borderpad=0,
            borderaxespad=0,
        )
        if laid.get_window_extent().x1 / axes.figure.dpi <= right:
            return


def _drop_covered(axes: Axes) -> None:
    """Leave away names on an image that now lie on others or beyond it; those written first stay."""
    image, taken = axes.get_window_extent().padded(2), list[Bbox]()
    named: list[Text] = [text for text in axes.texts if text.get_bbox_patch() is not None]
    for text in named:
        extent = text.get_window_extent()
        beyond = not (image.x0 <= extent.x0 and extent.x1 <= image.x1)
        if beyond or any(extent.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(extent)
