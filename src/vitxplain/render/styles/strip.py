"""Five panels in a row: image, label, heat map, blend, thresholded map."""

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from vitxplain.errors import OptionError
from vitxplain.explanation.clipping import scale_words
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import which_map
from vitxplain.explanation.titles import detail, headline
from vitxplain.render.colours import FAINT, HEAT, HEAT_WORDS, INK, LOCAL, colours
from vitxplain.render.compose import Photo, blend, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import colour_bar, fit, inches, panel, sheet, write
from vitxplain.render.found import outline_found, outline_target
from vitxplain.render.styles.overlay import ALPHA
from vitxplain.tasks.base import PROBABILITY, Prediction
from vitxplain.words import short_name, shown

MOST_NAMED = 5  # of what was found
PANEL, SMALLEST, GAP, TITLE = 2.1, 1.2, 0.12, 0.22  # inches


def draw(
    explanation: Explanation,
    mask: Bool[np.ndarray, "height width"] | None = None,
    threshold: float = 0.5,
    alpha: float = ALPHA,
    cmap: str = HEAT,
) -> Figure:
    """Image | true mask, or the model's best classes where none is given | heat map | blend | heat map > threshold.

    Of maps of layers or heads, a few patches of which often hold most of the attention, colours go by the square root.

    Raises:
        OptionError: the mask is not of the original image's size.
    """
    size = explanation.geometry.image_size
    if mask is not None and mask.shape != size:
        raise OptionError(f"the mask is {mask.shape} and the image {size} (height, width); give one of the image's.")
    small = displayed(explanation)
    rgb, heat, geometry = photo(small.image), small.heatmap(), small.geometry
    width, height = inches(size, PANEL)
    slot = max(width, SMALLEST), max(height, SMALLEST)  # a narrow image stands in the middle of its place
    figure = sheet(
        5 * slot[0] + 4 * GAP + 0.95,
        slot[1] + TITLE,
        headline(explanation),
        detail(explanation, which_map(explanation.values, explanation.axes)),
    )

    def show(index: int, title: str, picture: Photo) -> Axes:
        left = index * (slot[0] + GAP) + (slot[0] - width) / 2
        axes = panel(figure, left, TITLE + (slot[1] - height) / 2, width, height, title)
        axes.imshow(mark_unseen(picture, geometry), aspect="auto")
        return axes

    outline_found(show(0, "image", rgb), small)
    if mask is None:
        title, best = ("found", _best_found(explanation)) if explanation.detections else ("prediction", None)
        _classes(panel(figure, slot[0] + GAP, TITLE, *slot, title), best or explanation.prediction, slot[0])
    else:
        show(1, "label", _binary(_resized(mask, geometry.image_size)))
    by_root = not {"layer", "head"}.isdisjoint(explanation.axes.split())
    bright = np.sqrt(heat) if by_root else heat
    outline_target(show(2, "heat map", colours(bright, cmap)), small)
    outline_target(show(3, "blend", blend(rgb, bright, alpha, cmap)), small)
    show(4, f"heat map > {threshold:g}", _binary(heat > threshold))
    words = scale_words(explanation, HEAT_WORDS) + (", root scale" if by_root else "")
    colour_bar(panel(figure, 5 * (slot[0] + GAP), TITLE, 0.11, slot[1]), cmap, 0, 1, words, root=by_root)
    return figure


def _classes(axes: Axes, prediction: Prediction, width: float) -> None:
    """The best classes as bars, the best on top, each name above its bar; a value is a number, and no part of a bar."""
    axes.set(xlim=(0, 1), ylim=(len(prediction.names) - 0.25, -0.75))
    for row, (name, share) in enumerate(zip(prediction.names, prediction.probabilities, strict=True)):
        axes.barh(row, 1, height=0.22, color="#eeeeee")
        axes.barh(row, share if prediction.unit == PROBABILITY else 0, height=0.22, color=LOCAL)
        fit(write(axes, 0, row - 0.2, short_name(name), fontsize=7.5, color=INK), width - 0.42)
        axes.text(1, row - 0.2, shown(share, prediction.unit), fontsize=7.5, color=FAINT, ha="right")


def _best_found(explanation: Explanation) -> Prediction:
    best = explanation.detections[:MOST_NAMED]
    names = tuple(f"{number} {detected.name}" for number, detected in enumerate(best))
    return Prediction(names, tuple(one.index for one in best), tuple(one.score for one in best))


def _binary(mask: Bool[np.ndarray, "height width"]) -> Photo:
    return np.repeat(mask[..., None], 3, axis=2).astype(np.float32)


def _resized(mask: Bool[np.ndarray, "height width"], size: tuple[int, int]) -> Bool[np.ndarray, "height2 width2"]:
    return np.asarray(Image.fromarray(mask).resize(size[::-1], Image.Resampling.NEAREST))
