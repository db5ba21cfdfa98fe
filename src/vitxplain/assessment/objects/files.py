"""The assessment of a detector on disk: numbers for programs, tables for spreadsheets, pictures for the eye."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.figure import Figure

from vitxplain.api import explain
from vitxplain.assessment.objects.matching import NOTHING
from vitxplain.assessment.report_facts import about, report_facts
from vitxplain.assessment.report_files import write_report
from vitxplain.data.sample import ExactBox
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.render.sheets.confusion import confusion_sheet
from vitxplain.render.sheets.map_sheet import Tile, map_sheet

if TYPE_CHECKING:
    from vitxplain.assessment.objects.assessment import ObjectAssessment

PER_CLASS: Final = ("class", "objects", "ap50", "ap")
PREDICTIONS: Final = ("name", "class", "score", "left", "top", "right", "bottom", "true_class")


def save(assessment: "ObjectAssessment", folder: Path, *, worst: int, method: MethodLike) -> list[Path]:
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


def to_json(assessment: "ObjectAssessment") -> dict[str, Any]:
    """Everything but the single predictions."""
    precision = assessment.precision
    figures = {
        "map": precision.map,
        "map50": precision.map50,
        "per_class": [dict(zip(PER_CLASS, row, strict=True)) for row in per_class(assessment)],
        "confusion": {
            "rows": "class of the true object, in the order of per_class",
            "columns": "class of what was found there, in the same order, then objects that were missed",
            "counts": confusion(assessment),
        },
    }
    return report_facts(assessment.model, assessment.data, len(assessment.names), assessment.skipped, figures)


def per_class(assessment: "ObjectAssessment") -> list[tuple[str, int, float, float]]:
    """A row of `PER_CLASS` for each class of the data."""
    precision = assessment.precision
    columns = (precision.objects, precision.ap50, precision.ap)
    return list(zip(assessment.data.object_labels, *(column.tolist() for column in columns), strict=True))


def confusion(assessment: "ObjectAssessment") -> np.ndarray:
    """How often a true object of each class (row) was found as each (column); in the last column it was missed."""
    column_of = {index: number for number, index in enumerate(assessment.classes)}
    matrix = np.zeros((len(column_of), len(column_of) + 1), np.int64)
    for position, (true, matches) in enumerate(zip(assessment.true, assessment.matches, strict=True)):
        sure = assessment.sure(position)
        for row, number in zip(true, matches.of_true.tolist(), strict=True):
            if not row[5]:
                column = len(column_of) if number == NOTHING else column_of[int(sure[number, 5])]
                matrix[column_of[int(row[4])], column] += 1
    return matrix


def _predictions(assessment: "ObjectAssessment") -> Iterable[Sequence[Any]]:
    labels = assessment.model.labels
    for position, (name, matches) in enumerate(zip(assessment.names, assessment.matches, strict=True)):
        true = assessment.true[position]
        for box, number in zip(assessment.sure(position), matches.of_detected.tolist(), strict=True):
            true_class = "" if number == NOTHING else labels[int(true[number, 4])]
            yield name, labels[int(box[5])], f"{box[4]:.6f}", *(f"{side:.2f}" for side in box[:4]), true_class


def _confusion_picture(assessment: "ObjectAssessment") -> Figure:
    matrix = confusion(assessment)
    wrong = int(matrix.sum() - np.trace(matrix))
    headline = f"{wrong:,} of {int(matrix.sum()):,} objects missed or taken for another class"
    words = about(assessment.model, assessment.data)
    return confusion_sheet(matrix, assessment.data.object_labels, words, headline=headline, last="missed")


def _worst_picture(assessment: "ObjectAssessment", count: int, method: MethodLike) -> Figure:
    """The images with most errors, each with the map of the best object found there; true boxes are outlined."""
    samples, matches = assessment.worst(count), assessment.matches
    images = [sample.image for sample in samples.values()]
    explanations = explain(assessment.model, images, method, min_score=0.0)
    tiles = []
    for position, explanation in zip(samples, explanations, strict=True):
        missed, wrong = matches[position].missed, matches[position].wrong
        boxes = tuple(ExactBox(*row[:4].tolist()).pixels() for row in assessment.true[position] if not row[5])
        words = f"{missed} missed, {wrong} found in vain" if missed or wrong else f"all {len(boxes)} right"
        tiles.append(Tile(explanation, words, bool(missed or wrong), None, boxes))
    errors = sum(one.missed + one.wrong for one in matches)
    headline = f"{errors:,} errors in {len(matches):,} images: the worst {len(tiles)}" if errors else "no errors"
    detail = (
        f"maps by {tiles[0].explanation.method} of the best object found · {about(assessment.model, assessment.data)}"
    )
    return map_sheet(tiles, headline, detail, "the object found")
