"""An assessment on disk: numbers for programs, tables for spreadsheets, pictures for the eye."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vitxplain.render.backend  # noqa: F401 - before matplotlib
from vitxplain.assessment.pictures import confusion_picture, worst_picture
from vitxplain.assessment.report_files import write_report
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.explanation.provenance import model_facts, versions
from vitxplain.explanation.record import plain

if TYPE_CHECKING:
    from vitxplain.assessment.assess import Assessment

SCHEMA = 1
PER_CLASS = ("class", "images", "precision", "recall", "f1")
PREDICTIONS = ("name", "label", "predicted", "probability", "loss")


def save(assessment: "Assessment", folder: Path, *, worst: int, method: MethodLike) -> list[Path]:
    """Write everything together; the paths.

    Raises:
        OutputError: the folder cannot be written; nothing half-written stays.
    """
    model, data, predictions = assessment.model, assessment.data, assessment.predictions
    return write_report(
        folder,
        to_json(assessment),
        (PER_CLASS, per_class(assessment)),
        (PREDICTIONS, _predictions(assessment)),
        confusion_picture(model, data, assessment.scores),
        worst_picture(model, data, predictions, assessment.worst(worst), method) if worst else None,
    )


def to_json(assessment: "Assessment") -> dict[str, Any]:
    """Everything but the single predictions; a share that is not defined is null."""
    scores, predictions = assessment.scores, assessment.predictions
    _, low, high = scores.top1_interval
    return plain(
        {
            "schema": SCHEMA,
            "model": model_facts(assessment.model),
            "data": {"name": assessment.data.name, "split": assessment.data.split},
            "images": len(predictions.name),
            "skipped": predictions.skipped,
            "loss": scores.loss,
            "top1": scores.top1,
            "top1_interval": {"low": low, "high": high, "level": 0.95, "method": "wilson"},
            "top5": scores.top5,
            "macro": scores.macro,
            "per_class": [dict(zip(PER_CLASS, row, strict=True)) for row in per_class(assessment)],
            "confusion": {
                "rows": "true class, in the order of per_class",
                "columns": "predicted class, in the same order, then all other classes of the model",
                "counts": scores.confusion,
            },
            "versions": versions(),
        }
    )


def per_class(assessment: "Assessment") -> list[tuple[str, int, float, float, float]]:
    """A row of `PER_CLASS` for each class of the data."""
    scores = assessment.scores
    columns = (scores.images, scores.precision, scores.recall, scores.f1)
    return list(zip(assessment.data.labels, *(column.tolist() for column in columns), strict=True))


def _predictions(assessment: "Assessment") -> Iterable[Sequence[Any]]:
    predictions, labels = assessment.predictions, assessment.model.labels
    for position, name in enumerate(predictions.name):
        classes = labels[int(predictions.label[position])], labels[int(predictions.predicted[position])]
        yield name, *classes, f"{predictions.probability[position]:.6f}", f"{predictions.loss[position]:.6f}"
