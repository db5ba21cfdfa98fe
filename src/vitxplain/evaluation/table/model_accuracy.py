"""How well each model knows the images whose maps are scored: maps of a model that guesses explain nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitxplain.data.sample import DataSet
from vitxplain.evaluation.plan.classes import foreign, some
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.metrics.intervals import Interval, bootstrap, wilson
from vitxplain.words import source_name


@dataclass(frozen=True)
class Answers:
    """What one model said of the images.

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
        given = f"gives the explained class {mean:.2f} [{low:.2f}, {high:.2f}]"
        return f"{self.model}: {f'right on {_shares(self.accuracy)}, ' if self.accuracy else ''}{given}"

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


def answers(lines: Sequence[MapScores], data: DataSet) -> dict[str, Answers]:
    """By model; not of one some of whose images were scored before answers were kept."""
    said: dict[str, dict[str, MapScores | None]] = {}
    for line in lines:
        known = said.setdefault(line.model, {})
        known[line.image] = known.get(line.image) or (None if line.probability is None else line)
    found = {}
    for model, known in said.items():
        each = [line for line in known.values() if line]
        if len(each) == len(known):
            right = [line.right for line in each if line.right is not None]
            accuracy = wilson(sum(right), len(right)) if right else None
            sure = bootstrap(np.array([line.probability for line in each]))
            found[model] = Answers(model, len(each), accuracy, 1 / len(data.labels), sure)
    return found


def foreign_notes(blocks: Sequence[PlannedEntry], data: DataSet) -> list[str]:
    """Which models name none of the classes of the data."""
    name, theirs = source_name(data.name), some(data.labels)
    return [
        f"{block.name} names none of the classes of {name} ({theirs}): its maps are about its own classes."
        for block in blocks
        if block.labels and foreign(block.labels, data.labels)
    ]


def _shares(found: Interval) -> str:
    return f"{_percent(found.mean)} [{_percent(found.low)}, {_percent(found.high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
