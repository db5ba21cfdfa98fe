"""assess: how good a model is on labelled images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from vitxplain.assessment.matching import match_classes
from vitxplain.assessment.objects.assessment import assess_objects
from vitxplain.assessment.pixels.assessment import assess_pixels
from vitxplain.assessment.predictions import Predictions, predict
from vitxplain.assessment.samples import samples_at
from vitxplain.assessment.scores import Scores, score
from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.files.paths import user_path
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_count
from vitxplain.tasks.classification import check_probabilities
from vitxplain.tasks.detection import Detection


@dataclass(frozen=True, eq=False)
class Assessment:
    """How good a model is on a data set; `save(folder)` writes tables and pictures."""

    model: VisionModel
    data: DataSet = field(repr=False)
    classes: tuple[int, ...] = field(repr=False)  # the model's index of each class of the data
    predictions: Predictions = field(repr=False)
    scores: Scores

    @property
    def figures(self) -> Mapping[str, float]:
        """Loss and accuracy; how many images, and classes that have images."""
        scores = self.scores
        present = int((scores.images > 0).sum())
        return {"loss": scores.loss, "accuracy": scores.top1, "images": len(self.predictions.label), "classes": present}

    def worst(self, count: int) -> dict[int, Sample]:
        """The images it got wrong, then those it got right, each by falling loss; by position in `predictions`."""
        predictions = self.predictions
        order = np.lexsort((-predictions.loss, predictions.predicted == predictions.label))[:count].tolist()
        return samples_at(order, self.data, predictions.index.tolist())

    def save(self, folder: str | Path, *, worst: int = 12, method: MethodLike = "auto") -> list[Path]:
        """Write test.json, per_class.csv, predictions.csv, confusion.png and, with maps, worst.png.

        Raises:
            OutputError: the folder cannot be written; nothing half-written stays.
        """
        from vitxplain.assessment.files import save

        return save(self, user_path(folder), worst=worst, method=method)


def assess(
    model: str | PathLike[str] | nn.Module | VisionModel,
    data: str | PathLike[str] | DataSet,
    split: Split = "test",
    *,
    limit: int | None = None,
    batch_size: int = 8,
    strict: bool = False,
    data_options: Mapping[str, Any] | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Any:
    """How good a model is on labelled images.

    Of a classifier (an `Assessment`) loss, accuracy, precision, recall, F1 and the confusion matrix; of a detector (an
    `ObjectAssessment`) average precision, mAP at an overlap of 0.5 and its mean over 0.5 to 0.95; of a segmenter (a
    `PixelAssessment`) intersection over union, its mean over classes, and pixel accuracy.

    Args:
        model: a source string (`load_model`), an nn.Module or a loaded VisionModel.
        data: a built-in set, a folder or a Hub id (`load_data`); or a data set, which has its split, limit, strictness
            and options already.
        split: which part of the data.
        limit: at most so many images, spread over the set.
        batch_size: how many images run through the model together.
        strict: a damaged image stops; else it is skipped, and named in `predictions.skipped`.
        data_options: further options of the data.
        progress: called after each batch with how many images it took.

    Raises:
        UnsupportedModelError: the model is none of these.
        UsageError: no such data, or the model lacks classes of it.
        DataError: the data cannot be used as it is.
        ImageError: a damaged image, if `strict`.
    """
    check_count("batch_size", batch_size)
    loaded = load_model(Path(model) if isinstance(model, PathLike) else model)
    finds = loaded.task.finds
    if not finds:
        check_probabilities(loaded.task, loaded.source, "testing")
    if not isinstance(data, DataSet):
        data = load_data(data, split, limit=limit, strict=strict, options=data_options)
    if finds:
        assess_found = assess_objects if isinstance(loaded.task, Detection) else assess_pixels
        return assess_found(loaded, data, batch_size=batch_size, progress=progress)
    classes = match_classes(loaded.labels, data.labels)
    predictions = predict(loaded, data, classes, batch_size=batch_size, progress=progress)
    return Assessment(loaded, data, classes, predictions, score(predictions, classes, len(loaded.labels)))
