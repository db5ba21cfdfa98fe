"""A contact sheet of a data set: images with their class, and lines round what is known of the object."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from vitxplain.data.folders.class_maps import is_background
from vitxplain.data.sample import Sample
from vitxplain.render.colours import FAINT, INK
from vitxplain.render.compose import photo
from vitxplain.render.figure import DPI, fit, inches, panel, sheet, write
from vitxplain.render.objects import object_words, outline_objects, resized_mask, shade_classes
from vitxplain.render.outline import outline_boxes, outline_mask
from vitxplain.words import short_name

SIDE, GAP, CAPTION = 1.6, 0.14, 0.24  # inches
LEAST_ACROSS, MOST_ACROSS = 5, 8  # of few images; of many as many as make the sheet about square


def data_sheet(
    samples: Sequence[Sample], labels: Sequence[str], headline: str, detail: str, map_labels: Sequence[str] = ()
) -> Figure:
    """Rows of images in the given order, the class above each, masks outlined in green and boxes in yellow.

    Where all objects or the classes of all pixels are known, these are drawn instead, one colour a class.
    """
    sizes = [inches((one.image.height, one.image.width), SIDE) for one in samples]
    width, height = max(wide for wide, _ in sizes), max(high for _, high in sizes)
    across = _across(len(samples))
    down = -(-len(samples) // across)
    step = width + GAP, height + GAP + CAPTION
    figure = sheet(across * step[0] - GAP, down * step[1] - GAP, headline, detail)
    for position, (sample, (wide, high)) in enumerate(zip(samples, sizes, strict=True)):
        row, column = divmod(position, across)
        left, top = column * step[0], row * step[1]
        caption = panel(figure, left, top, width, CAPTION)
        fit(write(caption, 0, 0.35, _words(sample, labels, map_labels), fontsize=10, color=INK, va="center"), width)
        _draw(panel(figure, left, top + CAPTION, wide, high), sample, map_labels)
    return figure


def _across(count: int) -> int:
    """As many a row as leave the last one full, if any number does; else as many as fit."""
    least, most = max(LEAST_ACROSS, round(0.8 * count**0.5)), max(MOST_ACROSS, round(1.2 * count**0.5))
    full = [across for across in range(least, most + 1) if count % across == 0]
    return max(full, default=min(count, most))


def _words(sample: Sample, labels: Sequence[str], map_labels: Sequence[str]) -> str:
    """What the image shows."""
    if sample.objects:
        return object_words(sample.objects)
    if sample.class_map is not None:
        numbers = np.unique(sample.class_map[sample.class_map >= 0]).tolist()
        return ", ".join(short_name(map_labels[number]) for number in numbers if not is_background(map_labels, number))
    return short_name(labels[sample.label])


def _draw(axes: Axes, sample: Sample, map_labels: Sequence[str]) -> None:
    """The image, shrunk where it has more pixels than the paper; the few pixels of a small one stay squares."""
    longest = max(sample.image.size)
    scale = min(1.0, 2 * SIDE * DPI / longest)
    shown = max(round(sample.image.width * scale), 1), max(round(sample.image.height * scale), 1)
    image = sample.image if scale == 1 else sample.image.resize(shown, Image.Resampling.BOX)
    axes.imshow(photo(image), aspect="auto", interpolation="nearest")
    frame = Rectangle((0, 0), 1, 1, transform=axes.transAxes, fill=False, color=FAINT, linewidth=0.4, clip_on=False)
    axes.add_patch(frame)  # or a white image would have no end
    if sample.objects is not None:
        outline_objects(axes, sample.objects, shown, scale)
        return
    if sample.class_map is not None:
        shade_classes(axes, sample.class_map, map_labels, shown)
        return
    if sample.mask is not None and sample.mask.any():
        outline_mask(axes, resized_mask(sample.mask, shown))
    outline_boxes(axes, sample.boxes or (), scale)
