"""Boxes found in images and boxes that are truly there, as rows of numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from vitxplain.data.sample import Sample
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import Task, TaskOutputs
from vitxplain.tasks.finder import Finder
from vitxplain.tasks.targets.per_image import row

MOST: Final = 100  # objects of an image that count, the surest ones, as COCO has it

# left, top, right, bottom in pixels of the image, score, class of the model; the surest first
DetectedBoxes = Float[np.ndarray, "_ 6"]
# left, top, right, bottom in pixels of the image, class of the model, 1 where it does not count
TrueBoxes = Float[np.ndarray, "_ 6"]


def detected_boxes(
    task: Task, outputs: TaskOutputs, geometries: Sequence[Geometry], labels: Mapping[int, str]
) -> list[DetectedBoxes]:
    """What the model found in each image of a batch, however unsure it is."""
    finder: Any = task.from_score(0.0)
    assert isinstance(finder, Finder)  # noqa: S101 - for the type checker
    several = [finder.find(row(outputs, number), one, labels)[:MOST] for number, one in enumerate(geometries)]
    return [
        np.array([(*(one.box or (0, 0, 0, 0)), one.score, one.index) for one in objects], np.float64).reshape(-1, 6)
        for objects in several
    ]


def true_boxes(sample: Sample, classes: Sequence[int]) -> TrueBoxes:
    """The labelled objects of an image; `classes` has the model's index of each class of the data."""
    objects = sample.objects or ()
    rows = [(*labelled.box, classes[labelled.label], labelled.ignore) for labelled in objects]
    return np.array(rows, np.float64).reshape(-1, 6)
