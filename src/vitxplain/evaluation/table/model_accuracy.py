"""How well each model knows the images whose maps are scored: maps of a model that guesses explain nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitxplain.data.sample import DataSet
from vitxplain.evaluation.plan.classes import lacked, some
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.evaluation.table.method_scores import Answer, MethodScores
from vitxplain.metrics.intervals import Interval, bootstrap, wilson
from vitxplain.words import source_name


@dataclass(frozen=True)
class ModelAccuracy:
    """How well a model knows the images.

    `accuracy` is the share of images whose class it finds (top-1), None where it does not have the data's classes;
    `chance` is what guessing gives, one in so many classes of the data. `probability` is the mean over the images of
    what it gives the class that is explained.
    """

    model: str
    images: int
    accuracy: Interval | None
    chance: float
    probability: Interval

    def __str__(self) -> str:
        mean, low, high = self.probability
        right = f"right on {_shares(self.accuracy)}, " if self.accuracy else ""
        return f"{self.model}: {right}gives the explained class {mean:.2f} [{low:.2f}, {high:.2f}]"

    def note(self) -> str | None:
        """What is wrong with it, if its accuracy may be chance."""
        right = self.accuracy
        if right is None or right.low > self.chance:
            return None
        if right.mean <= self.chance:
            return (
                f"{self.model} is right on {_percent(right.mean)} of these images, no better than guessing "
                f"({_percent(self.chance)}): its maps explain nothing."
            )
        return (
            f"{self.model} is right on {_shares(right)} of these images, which cannot be told from guessing "
            f"({_percent(self.chance)}): its maps may explain nothing."
        )

    def record(self) -> dict[str, Any]:
        """As plain values."""
        right = self.accuracy
        return {
            "images": self.images,
            "accuracy": right and right.mean,
            "accuracy_low": right and right.low,
            "accuracy_high": right and right.high,
            "chance": right and self.chance,
            "probability": self.probability.mean,
            "probability_low": self.probability.low,
            "probability_high": self.probability.high,
        }


def model_accuracies(methods: Iterable[MethodScores], data: DataSet) -> dict[str, ModelAccuracy]:
    """By model; without models some of whose images were scored before their answers were kept."""
    images_of: dict[str, dict[str, Answer | None]] = {}
    for method in methods:
        images = images_of.setdefault(method.model, {})
        for image, answer in method.answers():
            images[image] = images.get(image) or answer
    accuracies = {}
    for model, images in images_of.items():
        answers = [answer for answer in images.values() if answer]
        if len(answers) == len(images):
            right = [right for right, _ in answers if right is not None]
            accuracy = wilson(sum(right), len(right)) if right else None
            probability = bootstrap(np.array([probability for _, probability in answers]))
            accuracies[model] = ModelAccuracy(model, len(answers), accuracy, 1 / len(data.labels), probability)
    return accuracies


def foreign_notes(entries: Sequence[PlannedEntry], data: DataSet) -> list[str]:
    """Which models name none, or not all, of the classes of the data."""
    notes, name, count = [], source_name(data.name), len(data.labels)
    for entry in entries:
        missing = lacked(entry.labels, data.labels) if entry.labels and not entry.truth else []
        if len(missing) == count:
            what = f"names none of the classes of {name} ({some(data.labels)})"
            notes.append(f"{entry.name} {what}: its maps are about its own classes.")
        elif missing:
            what = f"lacks {len(missing)} of the {count} classes of {name} ({some(missing)})"
            notes.append(f"{entry.name} {what}: how often it is right is not told, and maps are about its own classes.")
    return notes


def _shares(share: Interval) -> str:
    return f"{_percent(share.mean)} [{_percent(share.low)}, {_percent(share.high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
