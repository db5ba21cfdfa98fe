"""Models without a classifier: what they give is an embedding of the image, and no class is predicted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.tasks.base import (
    LOGITS,
    PROBABILITY,
    ExplainedTarget,
    Prediction,
    Target,
    TargetLike,
    Task,
    TaskOutputs,
    Unit,
)
from vitxplain.types import Scores

_OF_ENCODERS: Final = {"last_hidden_state", "pooler_output"}


@dataclass(frozen=True)
class Features(Task):
    """An encoder's embedding, (batch, feature), in the place of logits; methods about a class do not fit it."""

    name: ClassVar[str] = "image-feature-extraction"

    def outputs(self, raw: Any) -> TaskOutputs:
        """The pooled output where the model pools, else the mean of its tokens or of the places of its map."""
        pooled = raw.get("pooler_output") if isinstance(raw, Mapping) else None
        if pooled is None:
            pooled = _first_tensor(raw)
            pooled = pooled.mean(1) if pooled.dim() == 3 else pooled.flatten(2).mean(2) if pooled.dim() > 3 else pooled
        return {LOGITS: pooled.flatten(1)}

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        return outputs

    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """None alone.

        Raises:
            TargetError: anything else.
        """
        if spelling is None or isinstance(spelling, NoTarget):
            return NoTarget()
        raise TargetError(f"target {str(spelling)[:80]!r} is no class: the model gives features and predicts none.")

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        return [Prediction((), (), ())] * len(probabilities[LOGITS])


@dataclass(frozen=True)
class NoTarget(Target):
    """Nothing of the output is explained: methods are about the model and the image."""

    def check(self, count: int) -> None: ...

    def select(self, positions: Sequence[int]) -> "NoTarget":
        return self

    def fixed(self, outputs: TaskOutputs) -> "NoTarget":
        return self

    def score(self, outputs: TaskOutputs) -> Scores:
        return outputs[LOGITS].sum(1)

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        return head.sum(0).expand(len(outputs[LOGITS]), -1)

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        return [ExplainedTarget(-1, "no class", 0.0)] * len(outputs[LOGITS])


def gives_tokens(raw: Any) -> bool:
    """Whether a model's output for images is a sequence of tokens, and no logits: that of an encoder without a head."""
    if isinstance(raw, Mapping):
        others = {name for name, value in raw.items() if isinstance(value, Tensor)} - _OF_ENCODERS
        tokens = None if others else raw.get("last_hidden_state")
    else:
        tokens = raw
    return isinstance(tokens, Tensor) and tokens.dim() == 3 and min(tokens.shape[1:]) > 1


def _first_tensor(raw: Any) -> Tensor:
    if isinstance(raw, Mapping):
        return raw["last_hidden_state"] if "last_hidden_state" in raw else next(iter(raw.values()))
    return raw if isinstance(raw, Tensor) else raw[0]
