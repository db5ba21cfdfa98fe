"""An assessment as pictures: which classes are mixed up, and the images that are worst."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from vitxplain.api import explain
from vitxplain.methods import MethodLike
from vitxplain.render.confusion import confusion_sheet
from vitxplain.render.labels import percent, short_name, source_name
from vitxplain.render.map_sheet import Tile, map_sheet

if TYPE_CHECKING:
    from vitxplain.assessment.assess import Assessment


def confusion_picture(assessment: "Assessment") -> Figure:
    """The confusion matrix."""
    return confusion_sheet(assessment.scores.confusion, assessment.data.labels, _about(assessment))


def worst_picture(assessment: "Assessment", count: int, method: MethodLike) -> Figure:
    """The images of highest loss, each with the map of what it was taken for."""
    found, labels = assessment.predictions, assessment.model.labels
    samples = assessment.worst(count)
    targets = [int(found.predicted[place]) for place in samples]
    explanations = explain(assessment.model, [sample.image for sample in samples.values()], method, target=targets)
    tiles = []
    for (place, sample), predicted, explanation in zip(samples.items(), targets, explanations, strict=True):
        label, share = int(found.label[place]), percent(float(found.probability[place]))
        words = f"{short_name(labels[label], 20)} → {short_name(labels[predicted], 20)} · {share}"
        tiles.append(Tile(explanation, words, label != predicted, sample.mask, sample.boxes))
    about = f"maps by {tiles[0].explanation.method} for the predicted class · {_about(assessment)}"
    return map_sheet(tiles, f"the {len(tiles)} images of highest loss: true class → predicted", about)


def _about(assessment: "Assessment") -> str:
    return f"{source_name(assessment.model.source)} on {assessment.data.name} ({assessment.data.split})"
