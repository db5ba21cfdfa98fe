"""Targets of classifiers: the raw logit of a class, or of one class rather than another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.tasks.base import LOGITS, PROBABILITY, ExplainedTarget, Target, TaskOutputs, Unit
from vitxplain.tasks.class_index import class_name
from vitxplain.tasks.targets.constant import ConstantTarget
from vitxplain.types import ClassIndices, Scores


@dataclass(frozen=True)
class ClassTarget(Target):
    """One class for the whole batch, or one an image; None means each image's class with the highest logit.

    The score is the raw logit, before softmax or sigmoid.
    """

    indices: tuple[int, ...] | None = None

    def check(self, count: int) -> None:
        if self.indices is not None and len(self.indices) not in (1, count):
            raise TargetError(f"{len(self.indices)} targets were given for {count} images; give one, or one an image.")

    def select(self, positions: Sequence[int]) -> "ClassTarget":
        if self.indices is None or len(self.indices) == 1:
            return self
        return ClassTarget(tuple(self.indices[position] for position in positions))

    def fixed(self, outputs: TaskOutputs) -> "ClassTarget":
        return ClassTarget(tuple(self._classes(outputs).tolist()))

    def score(self, outputs: TaskOutputs) -> Scores:
        return outputs[LOGITS].gather(1, self._classes(outputs)[:, None])[:, 0]

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        return head[self._classes(outputs)]

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        classes = self.fixed(outputs)
        shares = classes.score(probabilities).tolist()
        return [
            ExplainedTarget(index, class_name(labels, index), share, unit)
            for index, share in zip(classes.indices or (), shares, strict=True)
        ]

    def _classes(self, outputs: TaskOutputs) -> ClassIndices:
        """One class index an image."""
        logits = outputs[LOGITS]
        batch, labels = logits.shape
        if self.indices is None:
            return logits.argmax(-1)
        self.check(batch)
        for index in self.indices:
            if not 0 <= index < labels:
                raise no_such_class(index, labels)
        indices = self.indices * batch if len(self.indices) == 1 else self.indices
        return torch.tensor(indices, device=logits.device)


@dataclass(frozen=True)
class ClassDifference(ConstantTarget):
    """Why one class rather than another: the raw logit of `index` minus that of `against`.

    By softmax it is the logarithm of how many times more probable the one is. The probabilities of both are told.
    """

    index: int
    against: int

    def score(self, outputs: TaskOutputs) -> Scores:
        logits = outputs[LOGITS]
        for index in (self.index, self.against):
            if not 0 <= index < logits.shape[1]:
                raise no_such_class(index, logits.shape[1])
        return logits[:, self.index] - logits[:, self.against]

    def presence(self, probabilities: TaskOutputs) -> Scores:
        """How probable the one class is where it must be one of the two."""
        shares = probabilities[LOGITS]
        return shares[:, self.index] / (shares[:, self.index] + shares[:, self.against])

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        return (head[self.index] - head[self.against]).expand(outputs[LOGITS].shape[0], -1)

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        name, other = class_name(labels, self.index), class_name(labels, self.against)
        label = "~".join(synonyms.split(",")[0] for synonyms in (name, other))
        return [
            ExplainedTarget(
                self.index,
                f"{name} ~ {other}",
                share,
                unit,
                label,
                against=ExplainedTarget(self.against, other, other_share, unit),
            )
            for share, other_share in probabilities[LOGITS][:, [self.index, self.against]].tolist()
        ]


def no_such_class(index: int, labels: int) -> TargetError:
    """What to raise for an index that is no class of so many."""
    return TargetError(f"target {index} does not exist: the model has {labels} classes, 0 to {labels - 1}.")
