"""Evidence for and against: the signed values over the photograph, red for, blue against."""

import numpy as np
from matplotlib.figure import Figure

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import patch_map
from vitxplain.explanation.resample import place
from vitxplain.render.colours import SIGNED, colours
from vitxplain.render.compose import greyed, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.styles.overlay import side_by_side


def draw(explanation: Explanation, alpha: float = 0.7) -> Figure:
    """The raw values over the greyed photograph, on a scale symmetric about zero."""
    explanation = displayed(explanation)
    values = place(patch_map(explanation.values, explanation.axes, explanation.method), explanation.geometry)
    reach = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
    opacity = alpha * np.isfinite(values)[..., None]
    rgb = greyed(photo(explanation.image), 1.0) * (1 - opacity) + colours(values / reach / 2 + 0.5, SIGNED) * opacity
    words = "against it  ·  for it" if explanation.target else f"{explanation.method}, below 0 in blue"
    return side_by_side(explanation, mark_unseen(rgb, explanation.geometry), SIGNED, words, reach)
