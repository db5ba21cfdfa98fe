"""Any number of targets for each image: constants, or what only the outputs of a pass settle."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vitxplain.tasks.base import PROBABILITY, ExplainedTarget, Settled, Target, TaskOutputs, Unit
from vitxplain.tasks.detected import Detected
from vitxplain.tasks.targets.per_image import PerImage, batch_size, check_number
from vitxplain.types import Scores


class Unsettled(Target):
    """Any number of targets for each image: `settle` makes them, and by itself this is the first of each image."""

    @abstractmethod
    def settle(self, outputs: TaskOutputs) -> Settled: ...

    def fixed(self, outputs: TaskOutputs) -> Target:
        return self.settle(outputs).rounds[0]

    def score(self, outputs: TaskOutputs) -> Scores:
        return self.fixed(outputs).score(outputs)

    def presence(self, probabilities: TaskOutputs) -> Scores:
        raise TypeError("what is not settled yet is in no image; settle it by the outputs of one")

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        return self.fixed(outputs).describe(outputs, probabilities, labels, unit)

    def merged(self, parts: Sequence[Settled]) -> Settled:
        return _merged(parts)


@dataclass(frozen=True)
class Several(Unsettled):
    """Any number of targets for each image, all of them constants."""

    targets: tuple[tuple[Target, ...], ...]

    def check(self, count: int) -> None:
        check_number(len(self.targets), count)

    def select(self, positions: Sequence[int]) -> "Several":
        return self if len(self.targets) == 1 else Several(tuple(self.targets[position] for position in positions))

    def settle(self, outputs: TaskOutputs) -> Settled:
        batch = batch_size(outputs)
        self.check(batch)
        targets = self.targets * batch if len(self.targets) == 1 else self.targets
        return settled(targets, ((),) * batch)


def settled(targets: Sequence[Sequence[Target]], detections: Sequence[tuple[Detected, ...]]) -> Settled:
    """The targets of each image in rounds."""
    rounds = range(max(map(len, targets)))
    return Settled(
        tuple(PerImage(tuple(own[k] if k < len(own) else own[0] for own in targets)) for k in rounds),
        tuple(map(len, targets)),
        tuple(detections),
    )


def _merged(parts: Sequence[Settled]) -> Settled:
    """The settled targets of the parts of a batch, each image with its own, as those of the batch."""
    targets = [
        tuple(_alone(target)[number] for target in part.rounds[:count])
        for part in parts
        for number, count in enumerate(part.counts)
    ]
    return settled(targets, [detections for part in parts for detections in part.detections])


def _alone(target: Target) -> tuple[Target, ...]:
    if not isinstance(target, PerImage):
        raise TypeError(f"{type(target).__name__} is no target of each image of its own")
    return target.targets
