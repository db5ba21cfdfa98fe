"""Additive blend: the heat map as light on the photograph, which stays as it is where the map is zero."""

from matplotlib.figure import Figure

from vitxplain.explanation.explanation import Explanation
from vitxplain.render.colours import HEAT
from vitxplain.render.compose import add, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.styles.overlay import side_by_side


def draw(explanation: Explanation, strength: float = 0.8) -> Figure:
    """The photograph beside photograph + strength x heat-map colours, cut at white."""
    explanation = displayed(explanation)
    rgb = add(photo(explanation.image), explanation.heatmap(), strength)
    return side_by_side(explanation, mark_unseen(rgb, explanation.geometry), HEAT, "heat map, as light")
