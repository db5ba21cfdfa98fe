"""PixelAssessment: how good a segmenter is on images whose pixels are labelled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Int

from vitxplain.assessment.matching import match_classes
from vitxplain.assessment.passes import passes
from vitxplain.assessment.pixels.class_maps import predicted_classes
from vitxplain.assessment.pixels.overlap import Overlap, PixelCounts, pixel_counts
from vitxplain.assessment.samples import samples_at
from vitxplain.data.derived.painted_maps import with_class_maps
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import DataError
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.files.paths import user_path
from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class PixelAssessment:
    """How good a segmenter is on a data set; `save(folder)` writes tables and pictures.

    `images` has the pixels of each image by class: right, true and predicted.
    """

    model: VisionModel
    data: DataSet = field(repr=False)
    classes: tuple[int, ...] = field(repr=False)  # the model's index of each class of the data
    index: tuple[int, ...] = field(repr=False)  # of each image in the data set
    names: tuple[str, ...] = field(repr=False)
    images: Int[np.ndarray, "image class 3"] = field(repr=False)
    skipped: tuple[str, ...]
    confusion: PixelCounts = field(repr=False)

    @property
    def overlap(self) -> Overlap:
        """Of all images together."""
        return Overlap.of(self.confusion)

    @property
    def figures(self) -> Mapping[str, float]:
        """MIoU and pixel accuracy; how many images, and classes that have pixels."""
        overlap, present = self.overlap, int((self.confusion.sum(1) > 0).sum())
        accuracy = overlap.pixel_accuracy
        return {"miou": overlap.miou, "pixel_accuracy": accuracy, "images": len(self.names), "classes": present}

    def worst(self, count: int) -> dict[int, Sample]:
        """The images with the largest share of wrong pixels; by position in `names`."""
        accuracy = [Overlap(counts).pixel_accuracy for counts in self.images]
        order = np.argsort(np.nan_to_num(accuracy, nan=1.0), kind="stable")[:count].tolist()
        return samples_at(order, self.data, self.index)

    def save(self, folder: str | Path, *, worst: int = 12, method: MethodLike = "auto") -> list[Path]:
        """Write test.json, per_class.csv, predictions.csv, confusion.png and, with maps, worst.png.

        Raises:
            OutputError: the folder cannot be written; nothing half-written stays.
        """
        from vitxplain.assessment.pixels.files import save

        return save(self, user_path(folder), worst=worst, method=method)


def assess_pixels(
    model: VisionModel,
    data: DataSet,
    *,
    batch_size: int = 8,
    progress: Callable[[int], object] = lambda _: None,
) -> PixelAssessment:
    """How good a segmenter is on maps of classes; see `assess`.

    Raises:
        DataError: the data do not say which pixels are whose.
        UsageError: the model lacks classes of the data.
    """
    data = with_class_maps(data)
    if not data.map_labels:
        raise DataError(
            f"{data.name} does not say which pixels are whose, and {model.source} is a segmenter; test it on data with "
            "maps of classes, or with masks of objects: a folder of maps, COCO's format, Pascal VOC's, or scenes."
        )
    classes = match_classes(model.labels, data.map_labels)
    skipped: list[str] = []
    index, names, images = [], [], []
    total = np.zeros((len(classes), len(classes) + 1), np.int64)
    for run in passes(model, data, batch_size=batch_size, skipped=skipped, progress=progress):
        if run.sample.class_map is None:
            raise DataError(f"{run.sample.name} has no map of classes; give each image one, or leave it out.")
        (predicted,) = predicted_classes(run.outputs, [run.geometry])
        counts = pixel_counts(predicted, run.sample.class_map, classes)
        total += counts
        index.append(run.index)
        names.append(run.sample.name)
        images.append(Overlap.of(counts).counts)
    return PixelAssessment(model, data, classes, tuple(index), tuple(names), np.stack(images), tuple(skipped), total)
