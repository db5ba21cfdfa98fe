"""Objects with their names, and maps of classes, over their image: one colour a class."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from PIL import Image

from vitxplain.data.folders.class_maps import is_background
from vitxplain.data.sample import ClassMap, LabelledObject
from vitxplain.render.colours import CLASSES
from vitxplain.render.names import LETTERS, Names, spots_of_box, spots_of_region
from vitxplain.render.outline import outline_box, outline_mask
from vitxplain.words import short_name

MOST_NAMES: Final = 10  # on one image, the largest objects first; more could not be read
LONGEST: Final = 18  # letters of a name on an image
SHADE: Final = 0.55


def class_colour(label: int) -> str:
    """The colour of a class; with more classes than colours they come again."""
    return CLASSES[label % len(CLASSES)]


def outline_objects(
    axes: Axes, objects: Sequence[LabelledObject], shown: tuple[int, int], scale: float, points: float = LETTERS
) -> None:
    """Boxes and masks with names; those to be ignored have no name.

    Args:
        axes: they show the image.
        objects: in pixels of the image.
        shown: (width, height) at which the image is shown.
        scale: pixels as shown for each pixel of the image.
        points: of the names.
    """
    largest = sorted(objects, key=lambda labelled: -_area(labelled))
    for labelled in largest:
        colour = class_colour(labelled.label)
        if labelled.mask is not None:
            outline_mask(axes, resized_mask(labelled.mask, shown), colour)
        outline_box(axes, labelled.box, scale, colour)
    names = Names(axes, points)
    for labelled in [labelled for labelled in largest if not labelled.ignore][:MOST_NAMES]:
        left, top, right, bottom = (scale * side for side in labelled.box)
        spots = spots_of_box((left, top, right, bottom))
        names.add(short_name(labelled.name, LONGEST), class_colour(labelled.label), spots)


def shade_classes(
    axes: Axes, class_map: ClassMap, labels: Sequence[str], shown: tuple[int, int], points: float = LETTERS
) -> None:
    """Each class but a background in its colour over the image, its name in the middle of its pixels."""
    small = np.asarray(Image.fromarray(class_map).resize(shown, Image.Resampling.NEAREST))
    numbers, counts = np.unique(small[small >= 0], return_counts=True)
    drawn = [number for number in numbers[np.argsort(-counts)].tolist() if not is_background(labels, number)]
    shade = np.zeros((*small.shape, 4), np.float32)
    for number in drawn:
        shade[small == number] = (*to_rgb(class_colour(number)), SHADE)
    axes.imshow(shade, aspect="auto", interpolation="nearest")
    names = Names(axes, points)
    for number in drawn[:MOST_NAMES]:
        names.add(short_name(labels[number], LONGEST), class_colour(number), spots_of_region(small == number))


def object_words(objects: Sequence[LabelledObject]) -> str:
    """`person (3), dog`, the most frequent first."""
    counts = Counter(short_name(labelled.name) for labelled in objects)
    return ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counts.most_common())


def resized_mask(mask: np.ndarray, shown: tuple[int, int]) -> np.ndarray:
    """A mask at this (width, height)."""
    return np.asarray(Image.fromarray(mask).resize(shown, Image.Resampling.BOX))


def _area(labelled: LabelledObject) -> float:
    left, top, right, bottom = labelled.box
    return (right - left) * (bottom - top)
