"""The photograph and a picture of the same size beside it, with a colour bar: a sheet that may be drawn on again.

Making axes and a colour bar is a good part of what a picture costs, and they are the same in every picture of a folder.
So what is saved and never handed out is drawn on a sheet that each thread keeps.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil, floor
from typing import Any, Final, TypeAlias

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.transforms import Affine2D
from PIL import Image

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import which_map
from vitxplain.explanation.titles import detail, headline
from vitxplain.render.compose import Photo, mark_unseen, photo, to_bytes
from vitxplain.render.display import displayed, displayed_at
from vitxplain.render.figure import DPI, Picture, colour_bar, inches, panel, rectangle, sheet
from vitxplain.render.found import outline_found, outline_target
from vitxplain.render.letters.bar_words import lay_end_words

LONGEST: Final = 4.0  # inches of the longer side of a picture that stands beside another
GAP: Final = 0.12  # inches
BAR: Final = 0.13
MOST_KEPT: Final = 8  # sheets of one thread
MOST_ENLARGED: Final = 2.9  # times; from 3 on matplotlib shows pixels as squares
Label: TypeAlias = str | tuple[str, str]  # of the whole bar, or of its low and its high end
Key: TypeAlias = tuple[str, Label, tuple[int, int]]  # colour map, label of the bar, size of the panels in pixels
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


def displayed_in_pair(explanation: Explanation) -> Explanation:
    """At the size of the screen; for a sheet that is kept, whose resolution is known, at that of its panels."""
    if not _REUSES.get():
        return displayed(explanation)
    size = explanation.geometry.image_size
    width, height = inches(size, _longest(size))
    return displayed_at(explanation, (round(height * DPI), round(width * DPI)))


def pair(colour_map: str, label: Label, reach: float, size: tuple[int, int]) -> "Pair":
    """A sheet with a colour bar from 0 (or `-reach`) to 1 (or `reach`), for images of (height, width) pixels."""
    if not _REUSES.get():
        return Pair(colour_map, label, reach)
    kept: dict[Key, Pair] = _KEPT.__dict__.setdefault("pairs", {})
    key = colour_map, label, size
    kept_pair = kept.pop(key, None) or _movable(kept, key) or Pair(colour_map, label, reach)
    kept_pair.reach(reach)
    kept[key] = kept_pair
    kept_pair.kept = True
    return kept_pair


def _movable(kept: dict[Key, "Pair"], key: Key) -> "Pair | None":
    """The sheet that leaves where there is room for no more, if it differs in size alone: its panels can be moved."""
    if len(kept) < MOST_KEPT:
        return None
    oldest = next(iter(kept))
    leaving = kept.pop(oldest)
    return leaving if oldest[:2] == key[:2] else None


class Pair:
    """Two pictures of one size, the second below the first where they are very wide, and a colour bar."""

    def __init__(self, colour_map: str, label: Label, reach: float) -> None:
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
        pictures = _photograph(explanation), Image.fromarray(to_bytes(right))
        for axes, picture, outline in zip(self.panels, pictures, (outline_found, outline_target), strict=False):
            for artist in (*axes.collections, *axes.texts):
                artist.remove()
            Pixels.show(axes, picture)
            outline(axes, explanation)
        if self.kept:
            figure.changing = (*figure.texts, *self.panels[:2])
        return figure

    def _placed(self, size: tuple[int, int]) -> Picture:
        """The figure, with panels for images of (height, width) pixels and the bar."""
        stacked = _longest(size) > LONGEST
        width, height = inches(size, _longest(size))
        if self.figure is not None and self.content == (width, height, stacked):
            return self.figure
        self.content = width, height, stacked
        across, down = (0.0, height + GAP) if stacked else (width + GAP, 0.0)
        page = across + width + (0.95 if isinstance(self.colours[1], str) else 1.15), down + height
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
            lay_end_words(self.panels[-1])
        return self.figure

    def _bar(self, figure: Picture) -> None:
        colour_map, label = self.colours
        self.panels.append(panel(figure, *self.bar))
        colour_bar(self.panels[-1], colour_map, *self.ends, label)


class Pixels(AxesImage):
    """An image that fills its axes. Pillow resamples it, in a fraction of the time that matplotlib takes."""

    @staticmethod
    def show(axes: Axes, image: Image.Image) -> None:
        """Put the image on the axes, as `imshow` does, in frame of the one that is there."""
        # An alpha channel, since matplotlib resamples four channels as bytes and three as double numbers.
        rgba = np.asarray(image.convert("RGBA"))
        shown = next((one for one in axes.images if isinstance(one, Pixels)), None)
        if shown is not None and shown.get_size() == rgba.shape[:2]:
            shown.set_data(rgba)
            return
        if shown is not None:
            shown.remove()
        shown = Pixels(axes)
        shown.set_data(rgba)
        shown.set_clip_path(axes.patch)
        shown.set_extent(shown.get_extent())
        axes.add_image(shown)

    def make_image(self, renderer: Any, magnification: float = 1.0, unsampled: bool = False) -> Any:
        """Pixels of the page, where they begin, and the transform: that of matplotlib."""
        rgba, frame = np.asarray(self.get_array()), self.axes.bbox
        own = unsampled or magnification != 1 or self.get_alpha() is not None or self.get_interpolation() != "auto"
        if own or not np.allclose(self.get_window_extent().extents, frame.extents):
            return super().make_image(renderer, magnification, unsampled)
        left, right = (floor(edge + 0.5) for edge in (frame.x0, frame.x1))
        bottom, top = (ceil(edge - 0.5) for edge in (frame.y0, frame.y1))
        size = right - left, top - bottom
        if min(size) < 1 or max(size[0] / rgba.shape[1], size[1] / rgba.shape[0]) > MOST_ENLARGED:
            return super().make_image(renderer, magnification, unsampled)
        if rgba.shape[1::-1] != size:
            # Four channels that are resampled each by itself: there is nothing to shine through.
            image = Image.frombuffer("RGBX", rgba.shape[1::-1], rgba.tobytes(), "raw", "RGBX", 0, 1)
            rgba = np.asarray(image.resize(size, Image.Resampling.HAMMING))
        return np.flipud(rgba).copy(), left, bottom, Affine2D()


def _longest(size: tuple[int, int]) -> float:
    """Inches of the longer side of a panel for images of (height, width) pixels; very wide ones stand in a column."""
    return 2 * LONGEST if size[1] > 2.2 * size[0] else LONGEST


def _photograph(explanation: Explanation) -> Image.Image:
    if not explanation.geometry.crops:
        return explanation.image.convert("RGB")
    return Image.fromarray(to_bytes(mark_unseen(photo(explanation.image), explanation.geometry)))


def _ends(reach: float) -> tuple[float, float]:
    """The lowest and the highest value of the bar."""
    return -reach if reach else 0.0, reach or 1.0
