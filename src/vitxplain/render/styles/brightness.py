"""Brightness mask: the photograph lit only where the heat map is high."""

from matplotlib.figure import Figure

from vitxplain.explanation.explanation import Explanation
from vitxplain.render.compose import darken, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.styles.overlay import side_by_side


def draw(explanation: Explanation, floor: float = 0.08) -> Figure:
    """The photograph beside itself with each pixel's brightness multiplied by the heat map, never below `floor`."""
    explanation = displayed(explanation)
    rgb = darken(photo(explanation.image), explanation.heatmap(), floor)
    return side_by_side(explanation, mark_unseen(rgb, explanation.geometry), "gray", "brightness = heat map")
