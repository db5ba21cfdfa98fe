"""The heat map over the photograph: as a plain image, and as a picture with title and colour bar."""

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from vitxplain.explanation.explanation import Explanation, detail, headline
from vitxplain.render.colours import HEAT
from vitxplain.render.compose import Photo, blend, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import colour_bar, inches, panel, sheet
from vitxplain.render.found import outline_found, outline_target

ALPHA = 0.6
GAP = 0.12  # inches


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
    size = explanation.geometry.image_size
    stacked = size[1] > 2.2 * size[0]
    width, height = inches(size, 8.0 if stacked else 4.0)
    across, down = (0.0, height + GAP) if stacked else (width + GAP, 0.0)
    figure = sheet(across + width + 0.95, down + height, headline(explanation), detail(explanation))
    left = mark_unseen(photo(explanation.image), explanation.geometry)
    for corner, picture, outline in (((0.0, 0.0), left, outline_found), ((across, down), right, outline_target)):
        axes = panel(figure, *corner, width, height)
        axes.imshow(picture, aspect="auto")
        outline(axes, explanation)
    bar = panel(figure, across + width + GAP, 0, 0.13, down + height)
    colour_bar(bar, colour_map, -reach if reach else 0.0, reach or 1.0, label)
    return figure


def to_image(rgb: Photo) -> Image.Image:
    """Numbers in [0, 1] as an image."""
    return Image.fromarray((rgb * 255).round().clip(0, 255).astype(np.uint8))


def _overlaid(explanation: Explanation, alpha: float) -> Photo:
    rgb = blend(photo(explanation.image), explanation.heatmap(), alpha)
    return mark_unseen(rgb, explanation.geometry)
