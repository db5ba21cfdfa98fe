"""An assessment as pictures: which classes are mixed up, and the images that are worst."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from vitxplain.api import explain
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.render.sheets.confusion import confusion_sheet
from vitxplain.render.sheets.map_sheet import Tile, map_sheet
from vitxplain.words import percent, short_name, source_name

if TYPE_CHECKING:
    from vitxplain.assessment.assess import Assessment


def confusion_picture(assessment: "Assessment") -> Figure:
    """The confusion matrix."""
    return confusion_sheet(assessment.scores.confusion, assessment.data.labels, _about(assessment))


def worst_picture(assessment: "Assessment", count: int, method: MethodLike) -> Figure:
    """The images it got wrong, then the right ones it is least sure of, each with the map of what it was taken for."""
    found, labels = assessment.predictions, assessment.model.labels
    samples = assessment.worst(count)
    targets = [int(found.predicted[place]) for place in samples]
    explanations = explain(assessment.model, [sample.image for sample in samples.values()], method, target=targets)
    tiles = []
    for (place, sample), predicted, explanation in zip(samples.items(), targets, explanations, strict=True):
        label = int(found.label[place])
        said = f"{short_name(labels[predicted], 20)} ({percent(float(found.probability[place]))})"
        words = f"{short_name(labels[label], 20)}, taken for {said}" if label != predicted else f"{said}, right"
        tiles.append(Tile(explanation, words, label != predicted, sample.mask, sample.boxes))
    wrong = int((found.predicted != found.label).sum())
    about = f"maps by {tiles[0].explanation.method} · highest loss first · {_about(assessment)}"
    return map_sheet(tiles, worst_headline(len(tiles), wrong), about, "the predicted class")


def worst_headline(shown: int, wrong: int) -> str:
    """What so many images are, the wrong ones first, of a test with so many `wrong`."""
    if not wrong:
        return f"none wrong: the {shown} it is least sure of" if shown > 1 else "not wrong, but least sure"
    if wrong > shown:
        return f"the worst {shown if shown > 1 else 'one'} of {wrong:,} wrong"
    return f"{wrong} wrong" + (f", then {shown - wrong} right, least sure first" if shown > wrong else "")


def _about(assessment: "Assessment") -> str:
    data = assessment.data
    return f"{source_name(assessment.model.source)} on {source_name(data.name)} ({data.split})"
