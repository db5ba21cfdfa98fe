"""An assessment as pictures: which classes are mixed up, and the images that are worst."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from vitxplain.api import explain
from vitxplain.assessment.predictions import Predictions
from vitxplain.assessment.scores import Scores
from vitxplain.data.sample import DataSet, Sample
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.models.vision_model import VisionModel
from vitxplain.render.sheets.confusion import confusion_sheet
from vitxplain.render.sheets.map_sheet import Tile, map_sheet
from vitxplain.words import percent, short_name, source_name


def confusion_picture(model: VisionModel, data: DataSet, scores: Scores) -> Figure:
    """The confusion matrix."""
    return confusion_sheet(scores.confusion, data.labels, _about(model, data))


def worst_picture(
    model: VisionModel, data: DataSet, predictions: Predictions, samples: Mapping[int, Sample], method: MethodLike
) -> Figure:
    """These images by position in `predictions`, each with the map of the class it was taken for."""
    targets = [int(predictions.predicted[position]) for position in samples]
    explanations = explain(model, [sample.image for sample in samples.values()], method, target=targets)
    tiles = []
    for (position, sample), predicted, explanation in zip(samples.items(), targets, explanations, strict=True):
        label = int(predictions.label[position])
        answer = f"{short_name(model.labels[predicted], 20)} ({percent(float(predictions.probability[position]))})"
        true_class = short_name(model.labels[label], 20)
        words = f"{true_class}, taken for {answer}" if label != predicted else f"{answer}, right"
        tiles.append(Tile(explanation, words, label != predicted, sample.mask, sample.boxes))
    wrong = int((predictions.predicted != predictions.label).sum())
    about = f"maps by {tiles[0].explanation.method} · highest loss first · {_about(model, data)}"
    return map_sheet(tiles, worst_headline(len(tiles), wrong), about, "the predicted class")


def worst_headline(shown: int, wrong: int) -> str:
    """What so many images are, the wrong ones first, of a test with so many `wrong`."""
    if not wrong:
        return f"none wrong: the {shown} it is least sure of" if shown > 1 else "not wrong, but least sure"
    if wrong > shown:
        return f"the worst {shown if shown > 1 else 'one'} of {wrong:,} wrong"
    return f"{wrong} wrong" + (f", then {shown - wrong} right, least sure first" if shown > wrong else "")


def _about(model: VisionModel, data: DataSet) -> str:
    return f"{source_name(model.source)} on {source_name(data.name)} ({data.split})"
