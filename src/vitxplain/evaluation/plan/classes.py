"""The classes of a model beside those of the data: the same, others, or none in common."""

from collections.abc import Mapping, Sequence
from typing import Final

from vitxplain.assessment.matching import match_classes
from vitxplain.errors import DataError, UsageError
from vitxplain.models.vision_model import VisionModel
from vitxplain.words import source_name

SHOWN: Final = 3  # names in a sentence


class NoModelError(DataError):
    """No model has the classes of the data, so there is nothing to score on them."""


def matched(labels: Mapping[int, str], names: Sequence[str]) -> tuple[int, ...] | None:
    """The model's index of each class of the data, None where it lacks one."""
    try:
        return match_classes(labels, names)
    except UsageError:
        return None


def lacked(labels: Mapping[int, str], names: Sequence[str]) -> list[str]:
    """The classes of the data that the model does not name; data of one class, such as "object", tell none apart."""
    if len(names) < 2 or matched(labels, names) is not None:
        return []
    return [name for name in names if matched(labels, [name]) is None]


def other_classes(model: VisionModel, names: Sequence[str]) -> str | None:
    """Why a model is left out where its classes are to be those of the data."""
    labels = [model.labels[index] for index in sorted(model.labels)]
    if set(labels) == set(names):
        return None
    return f"{source_name(model.source)} is left out: its classes ({some(labels)}) are not those of the data."


def some(names: Sequence[str]) -> str:
    """The first names, for a sentence."""
    return ", ".join(names[:SHOWN]) + ", ..." * (len(names) > SHOWN)
