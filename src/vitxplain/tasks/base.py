"""The contract of every task: what a model's output says, and what of it is explained."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, SupportsIndex, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.types import Scores

LOGITS: Final = "logits"  # raw class scores, before softmax or sigmoid: (batch, label)

Unit: TypeAlias = Literal["probability", "value"]
PROBABILITY: Final[Unit] = "probability"
VALUE: Final[Unit] = "value"  # a number of the model's own, of any size

# A model's output as tensors by role, batch first; which roles there are is the task's.
TaskOutputs: TypeAlias = Mapping[str, Tensor]

# NumPy's integers, arrays and tensors are indices too.
TargetLike: TypeAlias = "None | SupportsIndex | str | Sequence[SupportsIndex | str] | Tensor | Target"


@dataclass(frozen=True)
class Prediction:
    """The top-k classes, most probable first; probabilities by softmax (sigmoid for multi-label models).

    Where `unit` is "value" (a regression) they are the numbers the model returned, and no probabilities.
    """

    names: tuple[str, ...]
    indices: tuple[int, ...]
    probabilities: tuple[float, ...]
    unit: Unit = PROBABILITY


@dataclass(frozen=True)
class ExplainedTarget:
    """What was explained of one image, as it is stored and drawn; `probability` is in `unit`, as in `Prediction`."""

    index: int
    name: str
    probability: float
    unit: Unit = PROBABILITY


class Target(ABC):
    """What of the output is explained, for each image of a batch; subclasses are frozen dataclasses of constants.

    One target serves a batch of any size, or each image has its own.
    """

    @abstractmethod
    def check(self, count: int) -> None:
        """Raise TargetError unless this is about one image, or about so many."""

    @abstractmethod
    def select(self, positions: Sequence[int]) -> "Target":
        """The target of these images of the batch; one that serves any batch stays as it is."""

    @abstractmethod
    def fixed(self, outputs: TaskOutputs) -> "Target":
        """The same with what it left to the output (the top class) settled, so that changed images keep their target.

        Raises:
            TargetError: the output has no such target, or as many targets as fit neither one nor the batch.
        """

    @abstractmethod
    def score(self, outputs: TaskOutputs) -> Scores:
        """One differentiable number an image, of raw logits; image i's from image i's output alone.

        Raises:
            TargetError: as `fixed`.
        """

    @abstractmethod
    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        """What the score of each image weighs the channels with that a linear head makes the logits of.

        Raises:
            TargetError: as `fixed`.
        """

    @abstractmethod
    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        """What is stored and drawn, for each image.

        `probabilities` are those of `outputs` (`Task.probabilities`), in the task's `unit`.
        """

    def split(self, batch: int, count: int) -> "list[Target]":
        """The targets of so many images at a time, of a batch.

        Raises:
            TargetError: as many targets as fit neither one nor the batch.
        """
        self.check(batch)
        return [self.select(range(start, min(start + count, batch))) for start in range(0, batch, count)]


class Task(ABC):
    """What a model's output means; subclasses are frozen dataclasses, their fields what models of the task differ in.

    Attributes:
        name: transformers' name of the task (its pipeline's).
    """

    name: ClassVar[str]

    @property
    def unit(self) -> Unit:
        """What the numbers are that `probabilities` gives."""
        return PROBABILITY

    @abstractmethod
    def outputs(self, raw: Any) -> TaskOutputs:
        """The tensors of whatever a model of this task returns."""

    def read(self, run: Callable[[], Any]) -> TaskOutputs:
        """The tensors of what a pass returns; `run` runs it, once."""
        return self.outputs(run())

    @abstractmethod
    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        """The same roles and shapes with probabilities in place of logits: `target.score` of them is the target's.

        A model of values (`unit`) has none: the logits stay what they are.
        """

    @abstractmethod
    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """A target as users write it: None is what the model itself would name.

        Raises:
            TargetError: no class has this name, or it is nothing that names a target.
        """

    @abstractmethod
    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        """The most probable classes of each image."""


def in_fp32(outputs: TaskOutputs) -> TaskOutputs:
    """The outputs in single precision, with their graph."""
    return {role: tensor.float() for role, tensor in outputs.items()}


def detached(outputs: TaskOutputs) -> TaskOutputs:
    """The outputs in single precision, without their graph."""
    return in_fp32({role: tensor.detach() for role, tensor in outputs.items()})


def joined(parts: Sequence[TaskOutputs]) -> TaskOutputs:
    """The outputs of several batches as those of one."""
    return {role: torch.cat([part[role] for part in parts]) for role in parts[0]}
