"""Nothing: the target in an image where nothing was found, for methods that are about none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vitxplain.tasks.base import PROBABILITY, ExplainedTarget, Target, TaskOutputs, Unit
from vitxplain.types import Scores


@dataclass(frozen=True)
class Nothing(Target):
    """Of an image in which nothing was found, for methods that are about no target."""

    def check(self, count: int) -> None: ...

    def select(self, positions: Sequence[int]) -> "Nothing":
        return self

    def fixed(self, outputs: TaskOutputs) -> "Nothing":
        return self

    def score(self, outputs: TaskOutputs) -> Scores:
        return next(iter(outputs.values())).new_zeros(_count(outputs))

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        return [ExplainedTarget(-1, "nothing", 0.0)] * _count(outputs)


def _count(outputs: TaskOutputs) -> int:
    return len(next(iter(outputs.values())))
