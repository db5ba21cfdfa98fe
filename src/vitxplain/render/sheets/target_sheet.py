"""Everything that was explained of one image on one sheet: the image, and a map for each target."""

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from vitxplain.explanation.clipping import clipped, scale_words
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.look import PLAIN, Look
from vitxplain.explanation.titles import detail, target_words
from vitxplain.render.colours import EACH_WORDS, HEAT
from vitxplain.render.compose import blend, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.draw import check_colours
from vitxplain.render.figure import colour_bar, inches, panel, sheet
from vitxplain.render.found import outline_found, outline_target
from vitxplain.render.paper.width import arrange
from vitxplain.render.styles.overlay import ALPHA

PANEL, GAP, TITLE, BAR = 2.6, 0.16, 0.26, 0.85  # inches
WIDEST = 11.5  # inches


def target_sheet(explanations: Sequence[Explanation], look: Look = PLAIN) -> Figure:
    """The image with all that was found, then one heat map a target, outlined in its colour.

    Args:
        explanations: of one method for one image, such as `explain(model, image, target="all")` gives.
        look: width, colours and title of the sheet.

    Raises:
        UsageError: the values are no map of the image.
        UnknownNameError, OptionError: no such colour map or width.
    """
    check_colours(chosen := look.cmap or HEAT)
    small = [displayed(clipped(explanation, look.percentile)) for explanation in explanations]
    first = small[0]
    width, height = inches(first.geometry.image_size, PANEL)
    count = len(small) + 1
    across = max(1, min(count, int((WIDEST + GAP) // (width + GAP))))
    down = -(-count // across)
    step = width + GAP, height + GAP + TITLE
    figure = sheet(
        across * step[0] - GAP + BAR,
        down * step[1] - GAP,
        _headline(explanations[0], len(explanations)),
        detail(explanations[0]),
    )
    rgb = photo(first.image)
    for position in range(count):
        row, column = divmod(position, across)
        explanation = small[max(position - 1, 0)]
        title = target_words(explanation) if position else "what the model found" if first.detections else "the image"
        axes = panel(figure, column * step[0], row * step[1] + TITLE, width, height, title)
        picture = blend(rgb, explanation.heatmap(), ALPHA, chosen) if position else rgb
        axes.imshow(mark_unseen(picture, explanation.geometry), aspect="auto")
        if position:
            outline_target(axes, explanation)
        else:
            outline_found(axes, replace(first, target=None))
    bar = panel(figure, across * step[0], TITLE, 0.13, down * step[1] - GAP - TITLE)
    colour_bar(bar, chosen, 0, 1, scale_words(first, EACH_WORDS))
    return figure if look.width is None and look.title is None else arrange(figure, look.width, look.title)


def _headline(explanation: Explanation, count: int) -> str:
    total = len(explanation.detections)
    if not total:
        return f"{count} targets"
    word = "object" if explanation.detections[0].box else "segment"
    return f"{total} {word}{'s' * (total > 1)} found" + (f", {count} maps" if count != total else "")
