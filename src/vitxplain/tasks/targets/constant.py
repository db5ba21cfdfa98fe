"""Targets that are one constant, which serves a batch of any size; and those that name a thing that was found."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from vitxplain.tasks.base import LOGITS, PROBABILITY, ExplainedTarget, Target, TaskOutputs, Unit
from vitxplain.tasks.detected import Detected
from vitxplain.types import Scores


class ConstantTarget(Target):
    """The same for every image of a batch, and settled."""

    def check(self, count: int) -> None: ...

    def select(self, positions: Sequence[int]) -> "ConstantTarget":
        return self

    def fixed(self, outputs: TaskOutputs) -> "ConstantTarget":
        return self


@dataclass(frozen=True)
class DetectedTarget(ConstantTarget):
    """A class of one thing that was found, minus another class of it where the one is set `against` it.

    `number` is its place among what was found; None where it is none of that.
    """

    detected: Detected
    number: int | None = None
    against: tuple[int, str] | None = None  # index and name

    word: ClassVar[str]  # what things of the kind are called

    @property
    def unnumbered(self) -> str:
        """Its label where it is none of what was found."""
        return f"query-{self.detected.query}"

    @property
    def is_difference(self) -> bool:
        return self.against is not None

    @abstractmethod
    def class_shares(self, probabilities: TaskOutputs, index: int) -> Scores:
        """How probable a class is where the thing is, in each image."""

    def similarity(self, original: TaskOutputs, probabilities: TaskOutputs) -> Scores:
        """How much of it is there; of a difference how much more of the one class than of the other, -1 to 1."""
        if self.against is None:
            return self.presence(probabilities)
        own = replace(self, against=None)
        other = replace(own, detected=replace(self.detected, index=self.against[0], name=self.against[1]))
        return own.presence(probabilities) - other.presence(probabilities)

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        detected = self.detected
        name = detected.name if self.against is None else f"{detected.name} ~ {self.against[1]}"
        label = f"{self.word}-{self.number}" if self.number is not None else self.unnumbered
        label = label if self.against is None else f"{label}~{self.against[1]}"
        described = ExplainedTarget(
            detected.index,
            name,
            detected.score,
            unit,
            label,
            box=detected.box,
            share=detected.share,
            region=detected.mask,
        )
        if self.against is None:
            return [described] * len(outputs[LOGITS])
        shares = self.class_shares(probabilities, self.against[0]).tolist()
        return [replace(described, against=ExplainedTarget(*self.against, share, unit)) for share in shares]
