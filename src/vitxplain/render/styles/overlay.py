"""The heat map over the photograph: as a plain image, and as a picture with title and colour bar."""

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
from matplotlib.figure import Figure
from PIL import Image

from vitxplain.explanation.explanation import Explanation
from vitxplain.render.colours import HEAT
from vitxplain.render.compose import Photo, blend, mark_unseen, photo, to_bytes
from vitxplain.render.display import displayed
from vitxplain.render.pair import pair

ALPHA = 0.6


def overlay(explanation: Explanation, alpha: float = ALPHA) -> Image.Image:
    """The heat map over the greyed photograph, same size as the original; what was not seen is hatched.

    `alpha` is the share of the heat map's colours, 0 to 1.
    """
    return to_image(_overlaid(explanation, alpha))


def draw(explanation: Explanation, alpha: float = ALPHA) -> Figure:
    """The photograph and, beside it, the heat map over it."""
    explanation = displayed(explanation)
    return side_by_side(explanation, _overlaid(explanation, alpha), HEAT, "heat (1 = the map's highest)")


def side_by_side(explanation: Explanation, right: Photo, colour_map: str, label: str, reach: float = 0.0) -> Figure:
    """The photograph, a composed picture of the same size, and a colour bar from 0 (or `-reach`) to 1 (or `reach`).

    What a model found is outlined on the photograph, and what of it is explained on both. Very wide images stand one
    above the other.
    """
    return pair(colour_map, label, reach).show(explanation, right)


def to_image(rgb: Photo) -> Image.Image:
    """Numbers in [0, 1] as an image."""
    return Image.fromarray(to_bytes(rgb))


def _overlaid(explanation: Explanation, alpha: float) -> Photo:
    rgb = blend(photo(explanation.image), explanation.heatmap(), alpha)
    return mark_unseen(rgb, explanation.geometry)
