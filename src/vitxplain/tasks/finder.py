"""Finder: the task of models that find any number of things in an image; and Wanted: what a user asks of one."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

from jaxtyping import Float
from torch import Tensor

from vitxplain.geometry import Geometry
from vitxplain.tasks.base import Prediction, Settled, Target, TargetLike, Task, TaskOutputs
from vitxplain.tasks.detected import Detected, checked_score
from vitxplain.tasks.spelled_targets import spelled_targets
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.nothing import Nothing
from vitxplain.tasks.targets.per_image import batch_size, check_number, row
from vitxplain.tasks.targets.several import Unsettled, settled
from vitxplain.tasks.top_classes import top_classes


class Finder(Task):
    """Finds what there is in an image, and the target that a user means there.

    `min_score`, a field of each, is from which probability on something counts as found.
    """

    min_score: float

    finds: ClassVar[bool] = True

    def from_score(self, min_score: float) -> "Finder":
        return cast(Finder, replace(cast(Any, self), min_score=checked_score(min_score)))

    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """As users write it: None is the best that is found; see `spelled`.

        Raises:
            TargetError: it is none that could be.
        """
        return spelling if isinstance(spelling, Target) else Wanted(self, labels, spelled_targets(spelling, labels))

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        return top_classes(self.class_shares(probabilities), labels, top_k)

    @abstractmethod
    def class_shares(self, probabilities: TaskOutputs) -> Float[Tensor, "batch label"]:
        """How much of each class there is in each image, of all that was found or not."""

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
        check_number(len(self.spellings), count)

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
        batch = batch_size(outputs)
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
        return settled(targets, all_found)


def _of(items: Sequence[Any], number: int) -> Any:
    return None if not items else items[0] if len(items) == 1 else items[number]
