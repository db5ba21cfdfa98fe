"""Images explained together, and where something fails in parts, so that only the culprit is lost."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard, TypeVar

from vitxplain.api import explain_together
from vitxplain.data.bands import Original
from vitxplain.errors import TargetError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.explanation.explanation import Explanation
from vitxplain.models.vision_model import VisionModel
from vitxplain.scale.wanted import Wanted, of_images
from vitxplain.tasks.classification import Classification

Key = TypeVar("Key")  # what an image is known by

# Of each image and method an explanation a target, with a label for its files, or what went wrong.
Outcome: TypeAlias = tuple[Explanation, str] | Exception
Outcomes: TypeAlias = dict[Key, dict[str, list[Outcome]]]


def attempt(
    model: VisionModel,
    explainers: Mapping[str, Explainer],
    images: Mapping[Key, Original],
    wanted: Sequence[Wanted],
    options: Mapping[str, int],
) -> Outcomes[Key]:
    """Everything at once; if that fails, image by image, then target by target or method by method.

    `options` are those of `explain_together`.
    """
    try:
        explanations = explain_together(
            model,
            list(images.values()),
            list(explainers.values()),
            target=of_images(wanted, model, len(images)),
            **options,
        )
    except Exception as error:
        if len(images) > 1 and not is_of_all_images(error, model):
            parts = [attempt(model, explainers, {source: images[source]}, wanted, options) for source in images]
        elif len(wanted) > 1 and isinstance(error, TargetError):
            parts = [attempt(model, explainers, images, [target], options) for target in wanted]
        elif len(explainers) > 1:
            parts = [attempt(model, {name: explainers[name]}, images, wanted, options) for name in explainers]
        else:
            return {source: {name: [error] for name in explainers} for source in images}
        return {source: _joined([part[source] for part in parts if source in part], explainers) for source in images}
    return {
        source: {name: _several(explanations[name][number], wanted) for name in explainers}
        for number, source in enumerate(images)
    }


def is_of_all_images(error: Exception, model: VisionModel) -> TypeGuard[UsageError]:
    """Whether an error is about options and would be the same with any image; what there is in an image is not."""
    if isinstance(error, TargetError):
        return isinstance(model.task, Classification)
    return isinstance(error, UsageError)


def _several(explained: Any, wanted: Sequence[Wanted]) -> list[Outcome]:
    """One outcome a target, with the label of its files."""
    if not isinstance(explained, list):
        return [(explained, wanted[0].label if wanted else "")]
    labels = [wanted[number].label if number < len(wanted) else "" for number in range(len(explained))]
    return [(explained[number], labels[number]) for number in distinct(explained, labels)]


def distinct(explained: Sequence[Explanation], labels: Sequence[str]) -> list[int]:
    """The places of one explanation a target; of a method that is about none, one a label."""
    by_target: dict[str, int] = {}
    for number, explanation in enumerate(explained):
        target = explanation.target
        by_target.setdefault(labels[number] if target is None else target.label or target.name, number)
    return list(by_target.values())


def _joined(
    parts: Sequence[Mapping[str, list[Outcome]]], explainers: Mapping[str, Explainer]
) -> dict[str, list[Outcome]]:
    return {name: [outcome for part in parts for outcome in part.get(name, [])] for name in explainers}
