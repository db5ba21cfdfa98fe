"""Brightness mask: the photograph lit only where the heat map is high."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.explanation.clipping import scale_words
from vitxplain.explanation.explanation import Explanation
from vitxplain.render.colours import HEAT_WORDS
from vitxplain.render.compose import Photo, darken, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.pair import displayed_in_pair
from vitxplain.render.paper.own_axes import show_on
from vitxplain.render.styles.overlay import side_by_side

FLOOR, LIGHT = 0.08, "gray"


def draw(explanation: Explanation, floor: float = FLOOR) -> Figure:
    """The photograph beside itself with each pixel's brightness multiplied by the heat map, never below `floor`."""
    explanation = displayed_in_pair(explanation)
    rgb = _lit(explanation, floor)
    return side_by_side(
        explanation, mark_unseen(rgb, explanation.geometry), LIGHT, scale_words(explanation, HEAT_WORDS)
    )


def draw_on(axes: Axes, explanation: Explanation, floor: float = FLOOR) -> None:
    """The lit photograph alone, on these axes."""
    small = displayed(explanation)
    show_on(axes, small, _lit(small, floor), LIGHT)


def _lit(explanation: Explanation, floor: float) -> Photo:
    return darken(photo(explanation.image), explanation.heatmap(), floor)
