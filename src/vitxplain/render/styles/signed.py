"""Evidence for and against: the signed values over the photograph, red for, blue against."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vitxplain.explanation.clipping import PERCENTILE
from vitxplain.explanation.explanation import NEVER_NEGATIVE, Explanation
from vitxplain.explanation.heatmap import patch_map
from vitxplain.explanation.resample import place
from vitxplain.explanation.target_words import sides
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
    return side_by_side(explanation, mark_unseen(rgb, explanation.geometry), cmap, _words(explanation, cmap), reach)


def draw_on(axes: Axes, explanation: Explanation, alpha: float = ALPHA, cmap: str = SIGNED) -> None:
    """The values over the greyed photograph alone, on these axes."""
    small = displayed(explanation)
    rgb, reach = _signed(small, alpha, cmap)
    show_on(axes, small, rgb, cmap, reach)


def _words(explanation: Explanation, cmap: str) -> str:
    """What both halves of the colour bar mean; of a map that has no values below 0, that it has none."""
    cut = explanation.provenance.get(PERCENTILE)
    ends = "" if cut is None else f"  ·  ends at percentile {cut:g}"
    return f"{_sides(explanation, cmap)}{ends}"


def _sides(explanation: Explanation, cmap: str) -> str:
    if explanation.target is None:
        return f"{explanation.method}, below 0 {'in blue' if cmap == SIGNED else 'left of the middle'}"
    against, own = sides(explanation.target)
    if explanation.provenance.get(NEVER_NEGATIVE):
        return f"never below 0  ·  {own}"
    return f"{against if explanation.target.against else 'against it'}  ·  {own}"


def _signed(explanation: Explanation, alpha: float, cmap: str) -> tuple[Photo, float]:
    """The picture, and the value that the scale's ends stand for."""
    values = place(patch_map(explanation.values, explanation.axes, explanation.method), explanation.geometry)
    reach = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
    opacity = alpha * np.isfinite(values)[..., None]
    rgb = greyed(photo(explanation.image), 1.0) * (1 - opacity) + colours(values / reach / 2 + 0.5, cmap) * opacity
    return rgb, reach
