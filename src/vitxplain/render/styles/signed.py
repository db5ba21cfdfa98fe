"""Evidence for and against: the signed values over the photograph, red for, blue against."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import patch_map
from vitxplain.explanation.resample import place
from vitxplain.render.colours import SIGNED, colours
from vitxplain.render.compose import Photo, greyed, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.pair import displayed_in_pair
from vitxplain.render.paper.own_axes import show_on
from vitxplain.render.styles.overlay import side_by_side

ALPHA = 0.7


def draw(explanation: Explanation, alpha: float = ALPHA, cmap: str = SIGNED) -> Figure:
    """The raw values over the greyed photograph, on a scale symmetric about zero."""
    explanation = displayed_in_pair(explanation)
    rgb, reach = _signed(explanation, alpha, cmap)
    below = "in blue" if cmap == SIGNED else "left of the middle"
    words = "against it  ·  for it" if explanation.target else f"{explanation.method}, below 0 {below}"
    return side_by_side(explanation, mark_unseen(rgb, explanation.geometry), cmap, words, reach)


def draw_on(axes: Axes, explanation: Explanation, alpha: float = ALPHA, cmap: str = SIGNED) -> None:
    """The values over the greyed photograph alone, on these axes."""
    small = displayed(explanation)
    rgb, reach = _signed(small, alpha, cmap)
    show_on(axes, small, rgb, cmap, reach)


def _signed(explanation: Explanation, alpha: float, cmap: str) -> tuple[Photo, float]:
    """The picture, and the value that the scale's ends stand for."""
    values = place(patch_map(explanation.values, explanation.axes, explanation.method), explanation.geometry)
    reach = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
    opacity = alpha * np.isfinite(values)[..., None]
    rgb = greyed(photo(explanation.image), 1.0) * (1 - opacity) + colours(values / reach / 2 + 0.5, cmap) * opacity
    return rgb, reach
