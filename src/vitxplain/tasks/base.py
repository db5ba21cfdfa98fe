"""The contract of every task: what a model's output says, and what of it is explained."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, SupportsIndex, TypeAlias

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from vitxplain.errors import OptionError, UnsupportedModelError
from vitxplain.geometry import Box, Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.detected import Detected
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
    """What was explained of one image, as it is stored and drawn; `probability` is in `unit`, as in `Prediction`.

    `label` names it in files and lists, such as "object-0"; empty for a class explained alone. `box` is the object's,
    in pixels of the original image, `share` the part of the image that a segment fills, `region` where it lies on the
    model's input. In a contrast `against` is the other class, and `name` ends in its name behind " ~ ".
    """

    index: int
    name: str
    probability: float
    unit: Unit = PROBABILITY
    label: str = ""
    box: Box | None = None
    share: float | None = None
    against: "ExplainedTarget | None" = None
    region: Bool[np.ndarray, "row column"] | None = field(default=None, repr=False, compare=False)

    @property
    def is_class(self) -> bool:
        """Whether it is a class of the whole image; where several are explained its name, or name-index, labels it."""
        return self.label in ("", self.name, f"{self.name}-{self.index}")

    @property
    def is_local(self) -> bool:
        """Whether it is an object, a segment or a region, and no class of the whole image."""
        return self.box is not None or self.share is not None or self.region is not None


@dataclass(frozen=True, eq=False)
class Settled:
    """The targets of a batch as constants, and what the model found in each image.

    Each of `rounds` holds one target an image; where an image has fewer targets than others (`counts`), its first one
    stands in for what it lacks. Where nothing is found that could be a target, both lists are empty: one target an
    image. (A batch that is traced has no number yet.)
    """

    rounds: "tuple[Target, ...]"
    counts: tuple[int, ...] = ()
    detections: tuple[tuple[Detected, ...], ...] = ()

    def count(self, image: int) -> int:
        """How many targets one image has."""
        return self.counts[image] if self.counts else 1

    def detections_in(self, image: int) -> tuple[Detected, ...]:
        """What the model found in one image."""
        return self.detections[image] if self.detections else ()


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

    def presence(self, probabilities: TaskOutputs) -> Scores:
        """How much of the target is in each image, from 0 to 1: what metrics ask of changed images.

        `probabilities` are those of their outputs (`Task.probabilities`). Unlike `score` it may come from all of them.
        """
        return self.score(probabilities)

    def similarity(self, original: TaskOutputs, probabilities: TaskOutputs) -> Scores:
        """How like the target is what other images show, 0 to 1; `original` are the probabilities of its own image."""
        return self.presence(probabilities)

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        """What the score of each image weighs the channels with that a linear head makes the logits of.

        Raises:
            TargetError: as `fixed`.
            UnsupportedModelError: the score is not linear in the mean of a feature map.
        """
        raise UnsupportedModelError(f"what is explained ({type(self).__name__}) is no sum over a mean of channels.")

    def grids(self, grid: TokenGrid) -> list[TokenGrid]:
        """The token grid with the tokens that the score of each image is read from; one alone for all images alike."""
        return [grid]

    @property
    def is_difference(self) -> bool:
        """Whether it asks why one class and not another, of any image."""
        return False

    def decoder_queries(self) -> "list[int | None]":
        """Which of the model's queries the score of each image is of, or None; one alone for all images alike."""
        return [None]

    def on_images(self, geometries: Sequence[Geometry]) -> "Target":
        """The same, told where the original image of each input lies, for what users say in its pixels."""
        return self

    def settle(self, outputs: TaskOutputs) -> Settled:
        """As `fixed`; where the model finds several things in an image, each that was meant is a target.

        Raises:
            TargetError: as `fixed`, or nothing of the kind was found.
        """
        return Settled((self,))

    @abstractmethod
    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        """What is stored and drawn, for each image.

        `probabilities` are those of `outputs` (`Task.probabilities`), in the task's `unit`.
        """

    def merged(self, parts: Sequence[Settled]) -> Settled:
        """The settled targets of all parts of a batch that was split, as those of the batch."""
        return Settled((self,))

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
    finds: ClassVar[bool] = False  # whether it finds any number of things in an image, each a target
    finds_boxes: ClassVar[bool] = False  # whether these are boxes, and no maps of the input
    beside_logits: ClassVar[tuple[str, ...]] = ()  # roles of outputs that the scores of its targets are read from too

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

    def from_score(self, min_score: float) -> "Task":
        """The task where things count as found from this score on.

        Raises:
            OptionError: the model finds no things, or it is no score.
        """
        raise OptionError(f"min_score is for models that find objects or segments; this one is for {self.name}.")

    def num_labels(self, outputs: TaskOutputs) -> int:
        """How many classes the logits are about."""
        return outputs[LOGITS].shape[-1]

    @abstractmethod
    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """A target as users write it: None is what the model itself would name.

        Raises:
            TargetError: no class has this name, or it is nothing that names a target.
        """

    @abstractmethod
    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        """The most probable classes of each image."""
