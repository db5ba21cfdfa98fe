"""The heat map over the photograph: as a plain image, and as a picture with title and colour bar."""

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from vitxplain.explanation.clipping import scale_words
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import Limits, heatmap
from vitxplain.options.checks import check_share
from vitxplain.render.colours import HEAT, HEAT_WORDS, SHARED_WORDS
from vitxplain.render.compose import Photo, blend, mark_unseen, photo, to_bytes
from vitxplain.render.display import displayed
from vitxplain.render.pair import Label, displayed_in_pair, pair
from vitxplain.render.paper.own_axes import show_on

ALPHA = 0.6


def overlay(explanation: Explanation, alpha: float = ALPHA, cmap: str = HEAT) -> Image.Image:
    """The heat map over the greyed photograph, same size as the original; what was not seen is hatched.

    `alpha` is the share of the heat map's colours, 0 to 1.
    """
    return to_image(mark_unseen(_blended(explanation, alpha, cmap), explanation.geometry))


def draw(explanation: Explanation, alpha: float = ALPHA, cmap: str = HEAT, limits: Limits | None = None) -> Figure:
    """The photograph and, beside it, the heat map over it, in the colours of matplotlib's `cmap`.

    `limits` are the values that are black and brightest, for pictures on one scale; None its own.
    """
    explanation = displayed_in_pair(explanation)
    rgb = mark_unseen(_blended(explanation, alpha, cmap, limits), explanation.geometry)
    return side_by_side(
        explanation, rgb, cmap, scale_words(explanation, HEAT_WORDS if limits is None else SHARED_WORDS)
    )


def draw_on(axes: Axes, explanation: Explanation, alpha: float = ALPHA, cmap: str = HEAT) -> None:
    """The heat map over the photograph alone, on these axes."""
    small = displayed(explanation)
    show_on(axes, small, _blended(small, alpha, cmap), cmap)


def side_by_side(explanation: Explanation, right: Photo, colour_map: str, label: Label, reach: float = 0.0) -> Figure:
    """The photograph, a composed picture of the same size, and a colour bar from 0 (or `-reach`) to 1 (or `reach`).

    What a model found is outlined on the photograph, and what of it is explained on both. Very wide images stand one
    above the other.
    """
    return pair(colour_map, label, reach, explanation.geometry.image_size).show(explanation, right)


def to_image(rgb: Photo) -> Image.Image:
    """Numbers in [0, 1] as an image."""
    return Image.fromarray(to_bytes(rgb))


def _blended(explanation: Explanation, alpha: float, cmap: str, limits: Limits | None = None) -> Photo:
    check_share("alpha", alpha)
    heat = heatmap(explanation.values, explanation.axes, explanation.geometry, explanation.method, limits)
    return blend(photo(explanation.image), heat, alpha, cmap)
