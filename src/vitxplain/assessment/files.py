"""An assessment on disk: numbers for programs, tables for spreadsheets, pictures for the eye."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vitxplain.render.backend  # noqa: F401 - before matplotlib
from vitxplain.assessment.pictures import confusion_picture, worst_picture
from vitxplain.escape import utf8
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.explanation.provenance import model_facts, versions
from vitxplain.explanation.record import plain
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.render.figure import png_bytes

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
    files = {
        "test.json": utf8(json.dumps(to_json(assessment), indent=2, ensure_ascii=False) + "\n"),
        "per_class.csv": csv_bytes(PER_CLASS, per_class(assessment)),
        "predictions.csv": csv_bytes(PREDICTIONS, _predictions(assessment)),
        "confusion.png": png_bytes(confusion_picture(assessment.model, assessment.data, assessment.scores)),
    }
    if worst:
        samples = assessment.worst(worst)
        picture = worst_picture(assessment.model, assessment.data, assessment.predictions, samples, method)
        files["worst.png"] = png_bytes(picture)
    written = write_together({folder / name: content for name, content in files.items()})
    if not worst:  # those of an earlier test would pass for this one's
        (folder / "worst.png").unlink(missing_ok=True)
    return written


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
