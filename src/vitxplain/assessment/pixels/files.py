"""The assessment of a segmenter on disk: numbers for programs, tables for spreadsheets, pictures for the eye."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.figure import Figure

from vitxplain.api import explain
from vitxplain.assessment.pixels.overlap import Overlap
from vitxplain.assessment.report_facts import about, report_facts
from vitxplain.assessment.report_files import write_report
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.render.sheets.confusion import confusion_sheet
from vitxplain.render.sheets.map_sheet import Tile, map_sheet
from vitxplain.words import percent, short_name

if TYPE_CHECKING:
    from vitxplain.assessment.pixels.assessment import PixelAssessment

PER_CLASS: Final = ("class", "pixels", "iou")
PREDICTIONS: Final = ("name", "miou", "pixel_accuracy")


def save(assessment: "PixelAssessment", folder: Path, *, worst: int, method: MethodLike) -> list[Path]:
    """Write everything together; the paths.

    Raises:
        OutputError: the folder cannot be written; nothing half-written stays.
    """
    return write_report(
        folder,
        to_json(assessment),
        (PER_CLASS, per_class(assessment)),
        (PREDICTIONS, _predictions(assessment)),
        _confusion_picture(assessment),
        _worst_picture(assessment, worst, method) if worst else None,
    )


def to_json(assessment: "PixelAssessment") -> dict[str, Any]:
    """Everything but the single predictions."""
    overlap = assessment.overlap
    figures = {
        "miou": overlap.miou,
        "pixel_accuracy": overlap.pixel_accuracy,
        "per_class": [dict(zip(PER_CLASS, row, strict=True)) for row in per_class(assessment)],
        "confusion": {
            "rows": "class of the pixel, in the order of per_class",
            "columns": "class that was predicted, in the same order, then all other classes of the model",
            "counts": assessment.confusion,
        },
    }
    return report_facts(assessment.model, assessment.data, len(assessment.names), assessment.skipped, figures)


def per_class(assessment: "PixelAssessment") -> list[tuple[str, int, float]]:
    """A row of `PER_CLASS` for each class of the data."""
    pixels, iou = assessment.confusion.sum(1).tolist(), assessment.overlap.iou.tolist()
    return list(zip(assessment.data.map_labels, pixels, iou, strict=True))


def _predictions(assessment: "PixelAssessment") -> Iterable[Sequence[Any]]:
    for name, counts in zip(assessment.names, assessment.images, strict=True):
        overlap = Overlap(counts)
        yield name, f"{overlap.miou:.6f}", f"{overlap.pixel_accuracy:.6f}"


def _confusion_picture(assessment: "PixelAssessment") -> Figure:
    """Pixels of each true class as percent of it: their numbers fill no cell."""
    shares = assessment.confusion / np.maximum(assessment.confusion.sum(1, keepdims=True), 1)
    headline = f"percent of each class; pixel accuracy {percent(assessment.overlap.pixel_accuracy)}"
    words = about(assessment.model, assessment.data)
    matrix = np.round(100 * shares).astype(np.int64)
    return confusion_sheet(matrix, assessment.data.map_labels, words, headline=headline)


def _worst_picture(assessment: "PixelAssessment", count: int, method: MethodLike) -> Figure:
    """The images with most pixels wrong, each with the map of its largest segment; the true region is outlined."""
    samples = assessment.worst(count)
    images = [sample.image for sample in samples.values()]
    explanations = explain(assessment.model, images, method, min_score=0.0)
    tiles = []
    for (position, sample), explanation in zip(samples.items(), explanations, strict=True):
        accuracy, target = Overlap(assessment.images[position]).pixel_accuracy, explanation.target
        mask = None
        if target is not None and sample.class_map is not None and target.index in assessment.classes:
            mask = sample.class_map == assessment.classes.index(target.index)
        name = "" if target is None else f" · {short_name(target.name, 20)}"
        tiles.append(Tile(explanation, f"{percent(accuracy)} right{name}", accuracy < 0.5, mask, None))
    detail = (
        f"maps by {tiles[0].explanation.method} of the largest segment · {about(assessment.model, assessment.data)}"
    )
    return map_sheet(tiles, f"the {len(tiles)} images with most pixels wrong", detail, "the segment")
