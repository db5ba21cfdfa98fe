"""Nothing: the target in an image where nothing was found, for methods that are about none."""

from collections.abc import Mapping
from dataclasses import dataclass

from vitxplain.tasks.base import PROBABILITY, ExplainedTarget, TaskOutputs, Unit
from vitxplain.tasks.targets.constant import ConstantTarget
from vitxplain.types import Scores


@dataclass(frozen=True)
class Nothing(ConstantTarget):
    """Of an image in which nothing was found, for methods that are about no target."""

    def score(self, outputs: TaskOutputs) -> Scores:
        return next(iter(outputs.values())).new_zeros(_count(outputs))

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        return [ExplainedTarget(-1, "nothing", 0.0)] * _count(outputs)


def _count(outputs: TaskOutputs) -> int:
    return len(next(iter(outputs.values())))
