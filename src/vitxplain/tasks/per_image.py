"""Targets of a batch of which each image has its own: constants, or what users ask for and only a pass settles."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import PROBABILITY, ExplainedTarget, Settled, Target, TaskOutputs, Unit
from vitxplain.tasks.detected import Detected
from vitxplain.tasks.post_processing.nothing import Nothing
from vitxplain.tasks.spelling import Spelling
from vitxplain.types import Scores


@dataclass(frozen=True)
class PerImage(Target):
    """One target for each image; a single one serves a batch of any size. All are constants."""

    targets: tuple[Target, ...]

    def check(self, count: int) -> None:
        _check_number(len(self.targets), count)

    def select(self, positions: Sequence[int]) -> "PerImage":
        return self if len(self.targets) == 1 else PerImage(tuple(self.targets[position] for position in positions))

    def fixed(self, outputs: TaskOutputs) -> "PerImage":
        return PerImage(self._of_batch(outputs))

    def score(self, outputs: TaskOutputs) -> Scores:
        targets = self._of_batch(outputs)
        return torch.cat([target.score(row(outputs, number)) for number, target in enumerate(targets)])

    def presence(self, probabilities: TaskOutputs) -> Scores:
        targets = self._of_batch(probabilities)
        return torch.cat([target.presence(row(probabilities, number)) for number, target in enumerate(targets)])

    def similarity(self, original: TaskOutputs, probabilities: TaskOutputs) -> Scores:
        if len(self.targets) == 1:
            return self.targets[0].similarity(original, probabilities)
        pairs = [(row(original, number), row(probabilities, number)) for number in range(_batch(probabilities))]
        targets = self._of_batch(probabilities)
        return torch.cat([target.similarity(*pair) for target, pair in zip(targets, pairs, strict=True)])

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        rows = [(row(outputs, number), row(probabilities, number)) for number in range(_batch(outputs))]
        targets = self._of_batch(outputs)
        return [t.describe(*both, labels, unit)[0] for t, both in zip(targets, rows, strict=True)]

    def grids(self, grid: TokenGrid) -> list[TokenGrid]:
        return [target.grids(grid)[0] for target in self.targets]

    def decoder_queries(self) -> list[int | None]:
        return [target.decoder_queries()[0] for target in self.targets]

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        targets = self._of_batch(outputs)
        return torch.cat([target.head_weights(head, row(outputs, number)) for number, target in enumerate(targets)])

    def _of_batch(self, outputs: TaskOutputs) -> tuple[Target, ...]:
        self.check(_batch(outputs))
        return self.targets * _batch(outputs) if len(self.targets) == 1 else self.targets


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
        _check_number(len(self.targets), count)

    def select(self, positions: Sequence[int]) -> "Several":
        return self if len(self.targets) == 1 else Several(tuple(self.targets[position] for position in positions))

    def settle(self, outputs: TaskOutputs) -> Settled:
        batch = _batch(outputs)
        self.check(batch)
        targets = self.targets * batch if len(self.targets) == 1 else self.targets
        return _settled(targets, ((),) * batch)


class Finder(ABC):
    """Finds what there is in an image, and the target that a user means there."""

    @abstractmethod
    def find(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        """What the model found in one image, best first; `outputs` are those of this image alone."""

    @abstractmethod
    def choose(
        self,
        spelling: Spelling,
        outputs: TaskOutputs,
        detections: Sequence[Detected],
        geometry: Geometry,
        labels: Mapping[int, str],
    ) -> list[Target]:
        """The targets of one image that a spelling means, as constants.

        Raises:
            TargetError: there is no such thing in the image; the message says what was found.
        """


@dataclass(frozen=True)
class Wanted(Unsettled):
    """What users ask for, which only a pass settles: for all images alike, or for each its own.

    Without `geometries` what is said in pixels is said in shares of the input.
    """

    finder: Finder
    labels: Mapping[int, str] = field(hash=False)
    spellings: tuple[tuple[Spelling, ...], ...] = ((Spelling(),),)
    geometries: tuple[Geometry, ...] = ()
    is_needed: bool = True  # whether a method is about what is meant

    def check(self, count: int) -> None:
        _check_number(len(self.spellings), count)

    def select(self, positions: Sequence[int]) -> "Wanted":
        def of(items: tuple[Any, ...]) -> tuple[Any, ...]:
            return items if len(items) < 2 else tuple(items[position] for position in positions)

        return replace(self, spellings=of(self.spellings), geometries=of(self.geometries))

    def on_images(self, geometries: Sequence[Geometry]) -> "Wanted":
        return replace(self, geometries=tuple(geometries))

    def unneeded(self) -> "Wanted":
        """The same for methods that are about no target: where nothing is found that could be one, none is missed."""
        return replace(self, is_needed=False)

    def settle(self, outputs: TaskOutputs) -> Settled:
        batch = _batch(outputs)
        self.check(batch)
        targets: list[list[Target]] = []
        all_found: list[tuple[Detected, ...]] = []
        for number in range(batch):
            alone = {role: tensor.detach() for role, tensor in row(outputs, number).items()}
            geometry = _of(self.geometries, number) or Geometry.identity((1, 1))
            detections = self.finder.find(alone, geometry, self.labels)
            spellings = _of(self.spellings, number)
            if not (detections or self.is_needed or any(spelling.names_something for spelling in spellings)):
                spellings = ()
            chosen = [
                target
                for spelling in spellings
                for target in self.finder.choose(spelling, alone, detections, geometry, self.labels)
            ]
            targets.append(chosen or [Nothing()])
            all_found.append(tuple(detections))
        return _settled(targets, all_found)


def _settled(targets: Sequence[Sequence[Target]], detections: Sequence[tuple[Detected, ...]]) -> Settled:
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
    return _settled(targets, [detections for part in parts for detections in part.detections])


def row(outputs: TaskOutputs, number: int) -> TaskOutputs:
    """The outputs of one image of a batch, which keep their batch axis."""
    return {role: tensor[number : number + 1] for role, tensor in outputs.items()}


def _check_number(targets: int, images: int) -> None:
    if targets not in (1, images):
        raise TargetError(f"{targets} targets were given for {images} images; give one, or one an image.")


def _alone(target: Target) -> tuple[Target, ...]:
    if not isinstance(target, PerImage):
        raise TypeError(f"{type(target).__name__} is no target of each image of its own")
    return target.targets


def _of(items: Sequence[Any], number: int) -> Any:
    return None if not items else items[0] if len(items) == 1 else items[number]


def _batch(outputs: TaskOutputs) -> int:
    return len(next(iter(outputs.values())))
