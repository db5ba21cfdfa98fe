"""Principal components as colours (after Oquab et al. 2023, arXiv 2304.07193, figure 1)."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from vitxplain.errors import UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import in_words
from vitxplain.explanation.resample import nearest, place
from vitxplain.explanation.titles import detail, headline
from vitxplain.render.colours import MAPS, colours
from vitxplain.render.compose import Photo, darken, greyed, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import inches, panel, sheet

LONGEST, SMALLEST, GAP, TITLE = 3.9, 0.4, 0.12, 0.25  # inches
AXES = "component row column"
NAMES = ("first: red", "second: green", "third: blue")


def draw(explanation: Explanation, smooth: bool = True) -> Figure:
    """The photograph, the first three components as red, green and blue, and each of them by itself.

    A component's colour runs from -2 to 2 standard deviations, steepest in the middle; the background, where it was
    left out, is the photograph darkened. `smooth` False shows the patches with sharp edges.

    Raises:
        UsageError: the values are no components.
    """
    if explanation.axes != AXES or len(explanation.values) != len(NAMES):
        what = in_words(explanation.method, explanation.axes)
        raise UsageError(f"{what}; these colours need three components of a map, as patch-pca gives.")
    small = displayed(explanation)
    shades = np.where((explanation.values != 0).any(0), intensities(explanation.values), np.nan)
    lay = place if smooth else nearest
    rgb = np.stack([lay(shade, small.geometry) for shade in shades], -1)
    pictures = [rgb, *(colours(rgb[..., number], MAPS) for number in range(len(NAMES)))]
    width, height = inches(small.geometry.image_size, LONGEST)
    share = (
        (height - (len(NAMES) - 1) * (TITLE + GAP)) / len(NAMES) / height
    )  # of the small pictures, one below another
    side = max(width * share, SMALLEST), max(height * share, SMALLEST)
    down = side[1] + TITLE + GAP
    figure = sheet(
        2 * (width + GAP) + side[0],
        max(height, 3 * down - TITLE - GAP) + TITLE,
        headline(explanation),
        detail(explanation),
    )

    def show(left: float, top: float, size: tuple[float, float], title: str, picture: Photo) -> None:
        axes = panel(figure, left, top + TITLE, *size, title)
        axes.imshow(mark_unseen(picture, small.geometry), aspect="auto", interpolation="nearest")

    original = photo(small.image)
    show(0, 0, (width, height), "image", original)
    background = darken(greyed(original, 1.0), np.zeros(original.shape[:2], np.float32), 0.25)
    drawn = [np.where(np.isfinite(rgb), picture, background) for picture in pictures]
    show(width + GAP, 0, (width, height), "first three components", drawn[0])
    for number, (name, picture) in enumerate(zip(NAMES, drawn[1:], strict=True)):
        show(2 * (width + GAP), number * down, side, name, picture)
    return figure


def intensities(
    components: Float[np.ndarray, "component row column"],
) -> Float[np.ndarray, "component row column"]:
    """Standard deviations as shades from 0 to 1, the mean in the middle: outliers do not darken all else."""
    return 1 / (1 + np.exp(-2 * components))
