"""PerImage: each image of a batch has a target of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import PROBABILITY, ExplainedTarget, Target, TaskOutputs, Unit
from vitxplain.types import Scores


@dataclass(frozen=True)
class PerImage(Target):
    """One target for each image; a single one serves a batch of any size. All are constants."""

    targets: tuple[Target, ...]

    def check(self, count: int) -> None:
        check_number(len(self.targets), count)

    def select(self, positions: Sequence[int]) -> "PerImage":
        return self if len(self.targets) == 1 else PerImage(tuple(self.targets[position] for position in positions))

    def fixed(self, outputs: TaskOutputs) -> "PerImage":
        return PerImage(self._ofbatch_size(outputs))

    def score(self, outputs: TaskOutputs) -> Scores:
        targets = self._ofbatch_size(outputs)
        return torch.cat([target.score(row(outputs, number)) for number, target in enumerate(targets)])

    def presence(self, probabilities: TaskOutputs) -> Scores:
        targets = self._ofbatch_size(probabilities)
        return torch.cat([target.presence(row(probabilities, number)) for number, target in enumerate(targets)])

    def similarity(self, original: TaskOutputs, probabilities: TaskOutputs) -> Scores:
        if len(self.targets) == 1:
            return self.targets[0].similarity(original, probabilities)
        pairs = [(row(original, number), row(probabilities, number)) for number in range(batch_size(probabilities))]
        targets = self._ofbatch_size(probabilities)
        return torch.cat([target.similarity(*pair) for target, pair in zip(targets, pairs, strict=True)])

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        rows = [(row(outputs, number), row(probabilities, number)) for number in range(batch_size(outputs))]
        targets = self._ofbatch_size(outputs)
        return [t.describe(*both, labels, unit)[0] for t, both in zip(targets, rows, strict=True)]

    def grids(self, grid: TokenGrid) -> list[TokenGrid]:
        return [target.grids(grid)[0] for target in self.targets]

    @property
    def is_difference(self) -> bool:
        return any(target.is_difference for target in self.targets)

    def decoder_queries(self) -> list[int | None]:
        return [target.decoder_queries()[0] for target in self.targets]

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        targets = self._ofbatch_size(outputs)
        return torch.cat([target.head_weights(head, row(outputs, number)) for number, target in enumerate(targets)])

    def _ofbatch_size(self, outputs: TaskOutputs) -> tuple[Target, ...]:
        self.check(batch_size(outputs))
        return self.targets * batch_size(outputs) if len(self.targets) == 1 else self.targets


def row(outputs: TaskOutputs, number: int) -> TaskOutputs:
    """The outputs of one image of a batch, which keep their batch axis."""
    return {role: tensor[number : number + 1] for role, tensor in outputs.items()}


def check_number(targets: int, images: int) -> None:
    """Raises:
    TargetError: neither one target nor one an image.
    """
    if targets not in (1, images):
        raise TargetError(f"{targets} targets were given for {images} images; give one, or one an image.")


def batch_size(outputs: TaskOutputs) -> int:
    """How many images the outputs are of."""
    return len(next(iter(outputs.values())))
