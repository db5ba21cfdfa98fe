"""ObjectAssessment: how good a detector is on images whose objects are labelled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from vitxplain.assessment.matching import match_classes
from vitxplain.assessment.objects.average_precision import FIGURES, AveragePrecision, average_precision
from vitxplain.assessment.objects.boxes import DetectedBoxes, TrueBoxes, detected_boxes, true_boxes
from vitxplain.assessment.objects.matching import Matches, match
from vitxplain.assessment.passes import passes
from vitxplain.assessment.samples import samples_at
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import DataError
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.files.paths import user_path
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.extras import check_installed


@dataclass(frozen=True, eq=False)
class ObjectAssessment:
    """How good a detector is on a data set; `save(folder)` writes tables and pictures.

    `detected` has what the model found in each image, however unsure, `true` what is there; `matches` is about what it
    found from its own score on (`sure`).
    """

    model: VisionModel
    data: DataSet = field(repr=False)
    classes: tuple[int, ...] = field(repr=False)  # the model's index of each class of the data
    index: tuple[int, ...] = field(repr=False)  # of each image in the data set
    names: tuple[str, ...] = field(repr=False)
    detected: tuple[DetectedBoxes, ...] = field(repr=False)
    true: tuple[TrueBoxes, ...] = field(repr=False)
    skipped: tuple[str, ...]
    precision: AveragePrecision

    @property
    def figures(self) -> Mapping[str, float]:
        """MAP over overlaps of 0.5 to 0.95, and at 0.5; how many images, and classes that have objects."""
        precision = self.precision
        present = int((precision.objects > 0).sum())
        return {"map": precision.map, "map50": precision.map50, "images": len(self.names), "classes": present}

    @cached_property
    def matches(self) -> list[Matches]:
        """What was found, from the model's own score on, against what is there, image by image."""
        return [match(self.sure(position), true) for position, true in enumerate(self.true)]

    def sure(self, position: int) -> DetectedBoxes:
        """What the model found in an image from its own score on, of the classes of the data."""
        boxes = self.detected[position]
        least = getattr(self.model.task, "min_score", 0.0)
        return boxes[(boxes[:, 4] >= least) & np.isin(boxes[:, 5], self.classes)]

    def worst(self, count: int) -> dict[int, Sample]:
        """The images with the most objects missed or found in vain; by position in `names`."""
        errors = [one.missed + one.wrong for one in self.matches]
        order = sorted(range(len(errors)), key=lambda position: -errors[position])[:count]
        return samples_at(order, self.data, self.index)

    def save(self, folder: str | Path, *, worst: int = 12, method: MethodLike = "auto") -> list[Path]:
        """Write test.json, per_class.csv, predictions.csv, confusion.png and, with maps, worst.png.

        Raises:
            OutputError: the folder cannot be written; nothing half-written stays.
        """
        from vitxplain.assessment.objects.files import save

        return save(self, user_path(folder), worst=worst, method=method)


def assess_objects(
    model: VisionModel,
    data: DataSet,
    *,
    batch_size: int = 8,
    progress: Callable[[int], object] = lambda _: None,
) -> ObjectAssessment:
    """How good a detector is on labelled objects; see `assess`.

    Raises:
        DataError: the data do not say where objects are.
        UsageError: the model lacks classes of the data, or pycocotools is not installed.
    """
    check_installed(FIGURES, "pycocotools")
    if not data.object_labels:
        raise DataError(
            f"{data.name} does not say where objects are, and {model.source} is a detector; test it on data with "
            "boxes: in COCO's format, Pascal VOC's, or scenes."
        )
    classes = match_classes(model.labels, data.object_labels)
    skipped: list[str] = []
    index, names, detected, true = [], [], [], []
    for run in passes(model, data, batch_size=batch_size, skipped=skipped, progress=progress):
        index.append(run.index)
        names.append(run.sample.name)
        detected += detected_boxes(model.task, run.outputs, [run.geometry], model.labels)
        true.append(true_boxes(run.sample, classes))
    precision = average_precision(detected, true, classes)
    return ObjectAssessment(
        model, data, classes, tuple(index), tuple(names), tuple(detected), tuple(true), tuple(skipped), precision
    )
