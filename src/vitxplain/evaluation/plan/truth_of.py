"""The truth for a model: does it find objects or segments, and do the data say where such things are?"""

from collections.abc import Mapping, Sequence

from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError, UnsupportedModelError, UsageError
from vitxplain.evaluation.plan.classes import matched, some
from vitxplain.evaluation.regions.truth import TrueClasses, TrueObjects, Truth, TruthLike
from vitxplain.models.labels import numbered
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification
from vitxplain.words import source_name


def truth_of(
    model: VisionModel, data: DataSet, against: TruthLike | None, min_score: float | None = None
) -> Truth | None:
    """What the model's maps are scored against; None of a classifier, whose maps are about an image's class.

    `min_score` is from which score on the user has things count as found.

    Raises:
        UnsupportedModelError: it is a model of another task.
        UsageError: `against` is not for such a model.
        DataError: the data do not say where things are, or have no class of the model's.
    """
    task, name = model.task, source_name(model.source)
    if isinstance(task, Classification):
        if against is not None:
            raise UsageError(
                f"truth={against!r} (--truth) says where the map of a thing that is found is to lie; {name} is a "
                "classifier, scored against what the data have. Leave it out."
            )
        return None
    if not task.finds:
        raise UnsupportedModelError(
            f"evaluation is for classifiers, object detectors and segmenters; {name} is for {task.name}."
        )
    if task.name == "object-detection":
        return _of_detector(model, data, against, min_score)
    if against == "box":
        raise UsageError(
            f"{name} gives each place a class, so its maps are scored against masks; leave truth='box' (--truth) out, "
            "or take 'found'."
        )
    labels = data.map_labels or data.object_labels or data.labels
    if not (data.map_labels or data.has_masks or data.object_labels):
        raise DataError(
            f"{name} is a segmenter, whose maps are scored against masks of classes, and {data.name} has none. Take "
            "data with maps of classes or masks, such as scenes, or a folder of COCO or Pascal VOC."
        )
    return TrueClasses(_classes(model, data, labels), against or "mask", min_score)


def _of_detector(model: VisionModel, data: DataSet, against: TruthLike | None, min_score: float | None) -> Truth:
    if not (data.object_labels or data.has_masks):
        raise DataError(
            f"{source_name(model.source)} is an object detector, whose maps are scored against boxes of objects, and "
            f"{data.name} has neither boxes nor masks. Take data with objects, such as scenes, or a folder of COCO or "
            "Pascal VOC."
        )
    return TrueObjects(_classes(model, data, data.object_labels or data.labels), against or "box", min_score)


def _classes(model: VisionModel, data: DataSet, names: Sequence[str]) -> dict[str, int]:
    """The model's index of each class of the data that it has."""
    indices = _indices(model.labels, names)
    if not indices:
        raise DataError(
            f"{source_name(model.source)} and {data.name} have no class in common: the model's are "
            f"{some([model.labels[index] for index in sorted(model.labels)])}, those of the data {some(names)}."
        )
    return indices


def _indices(labels: Mapping[int, str], names: Sequence[str]) -> dict[str, int]:
    whole = matched(labels, names)
    if whole is not None:
        return dict(zip(names, whole, strict=True))
    if dict(labels) == numbered(len(labels)):  # nobody named them, and there are not as many
        return {}
    alone = {name: matched(labels, [name]) for name in names}
    return {name: indices[0] for name, indices in alone.items() if indices}


def check_alike(truths: Mapping[str, Truth | None]) -> None:
    """Raises UsageError where models, by name, answer different questions, so that their maps cannot be compared."""
    kinds = {truth.noun if truth else "image": name for name, truth in truths.items()}
    if len(kinds) > 1:
        said = " and ".join(f"those of {source_name(name)} of each {noun}" for noun, name in kinds.items())
        raise UsageError(
            f"maps are compared that are about the same things; {said}. Evaluate them one after the other."
        )
