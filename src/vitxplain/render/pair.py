"""The photograph and a picture of the same size beside it, with a colour bar: a sheet that may be drawn on again.

Making axes and a colour bar is a good part of what a picture costs, and they are the same in every picture of a folder.
So what is saved and never handed out is drawn on a sheet that each thread keeps.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
from matplotlib.axes import Axes

from vitxplain.explanation.explanation import Explanation, detail, headline
from vitxplain.explanation.heatmap import which_map
from vitxplain.render.compose import Photo, mark_unseen, opaque, photo, to_bytes
from vitxplain.render.figure import Picture, colour_bar, inches, panel, rectangle, sheet
from vitxplain.render.found import outline_found, outline_target

GAP: Final = 0.12  # inches
BAR: Final = 0.13
MOST_KEPT: Final = 8  # sheets of one thread
_REUSES: ContextVar[bool] = ContextVar("reuses", default=False)
_KEPT = threading.local()


@contextmanager
def reused_sheets() -> Iterator[None]:
    """Pictures made inside are drawn on sheets that were drawn on before: save each before the next is made."""
    token = _REUSES.set(True)
    try:
        yield
    finally:
        _REUSES.reset(token)


def pair(colour_map: str, label: str, reach: float) -> "Pair":
    """A sheet with a colour bar from 0 (or `-reach`) to 1 (or `reach`)."""
    if not _REUSES.get():
        return Pair(colour_map, label, reach)
    kept: dict[tuple[str, str], Pair] = _KEPT.__dict__.setdefault("pairs", {})
    key = colour_map, label
    kept_pair = kept.pop(key, None) or Pair(colour_map, label, reach)
    kept_pair.reach(reach)
    kept[key] = kept_pair
    if len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]
    kept_pair.kept = True
    return kept_pair


class Pair:
    """Two pictures of one size, the second below the first where they are very wide, and a colour bar."""

    def __init__(self, colour_map: str, label: str, reach: float) -> None:
        self.colours = colour_map, label
        self.ends = _ends(reach)
        self.kept = False
        self.figure: Picture | None = None
        self.content: tuple[float, float, bool] | None = None
        self.panels: list[Axes] = []
        self.bar = 0.0, 0.0, 0.0, 0.0  # left, top, width and height of the colour bar in inches

    def reach(self, reach: float) -> None:
        """Let the bar go as far as this from now on; signed maps each reach as far as their own values do."""
        if _ends(reach) == self.ends:
            return
        self.ends = _ends(reach)
        if self.figure is not None:
            self.panels.pop().remove()
            self._bar(self.figure)
            self.figure.unchanging = None

    def show(self, explanation: Explanation, right: Photo) -> Picture:
        """The photograph and `right`, in place of what was shown before.

        What a model found is outlined on the photograph, and what of it is explained on both.
        """
        figure = self._placed(explanation.geometry.image_size)
        which = which_map(explanation.values, explanation.axes)
        figure.head(headline(explanation), detail(explanation, which))
        left = mark_unseen(photo(explanation.image), explanation.geometry)
        for axes, picture, outline in zip(self.panels, (left, right), (outline_found, outline_target), strict=False):
            for artist in (*axes.images, *axes.collections, *axes.texts):
                artist.remove()
            axes.imshow(opaque(to_bytes(picture)), aspect="auto")  # drawn in a quarter of the time of numbers
            outline(axes, explanation)
        if self.kept:
            figure.changing = (*figure.texts, *self.panels[:2])
        return figure

    def _placed(self, size: tuple[int, int]) -> Picture:
        """The figure, with panels for images of (height, width) pixels and the bar."""
        stacked = size[1] > 2.2 * size[0]
        width, height = inches(size, 8.0 if stacked else 4.0)
        if self.figure is not None and self.content == (width, height, stacked):
            return self.figure
        self.content = width, height, stacked
        across, down = (0.0, height + GAP) if stacked else (width + GAP, 0.0)
        page = across + width + 0.95, down + height
        self.bar = across + width + GAP, 0.0, BAR, down + height
        places = ((0.0, 0.0, width, height), (across, down, width, height), self.bar)
        if self.figure is None:
            self.figure = sheet(*page)
            self.panels = [panel(self.figure, *corner) for corner in places[:2]]
            self._bar(self.figure)
        else:
            self.figure.place(*page)
            for axes, corner in zip(self.panels, places, strict=True):
                axes.set_position(rectangle(self.figure, *corner))
        return self.figure

    def _bar(self, figure: Picture) -> None:
        colour_map, label = self.colours
        self.panels.append(panel(figure, *self.bar))
        colour_bar(self.panels[-1], colour_map, *self.ends, label)


def _ends(reach: float) -> tuple[float, float]:
    """The lowest and the highest value of the bar."""
    return -reach if reach else 0.0, reach or 1.0
