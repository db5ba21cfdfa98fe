"""Additive blend: the heat map as light on the photograph, which stays as it is where the map is zero."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.explanation.clipping import scale_words
from vitxplain.explanation.explanation import Explanation
from vitxplain.render.colours import HEAT, HEAT_WORDS
from vitxplain.render.compose import Photo, add, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.pair import displayed_in_pair
from vitxplain.render.paper.own_axes import show_on
from vitxplain.render.styles.overlay import side_by_side

STRENGTH = 0.8


def draw(explanation: Explanation, strength: float = STRENGTH, cmap: str = HEAT) -> Figure:
    """The photograph beside photograph + strength x heat-map colours, cut at white."""
    explanation = displayed_in_pair(explanation)
    rgb = _lit(explanation, strength, cmap)
    return side_by_side(explanation, mark_unseen(rgb, explanation.geometry), cmap, scale_words(explanation, HEAT_WORDS))


def draw_on(axes: Axes, explanation: Explanation, strength: float = STRENGTH, cmap: str = HEAT) -> None:
    """The sum alone, on these axes."""
    small = displayed(explanation)
    show_on(axes, small, _lit(small, strength, cmap), cmap)


def _lit(explanation: Explanation, strength: float, cmap: str) -> Photo:
    return add(photo(explanation.image), explanation.heatmap(), strength, cmap)
