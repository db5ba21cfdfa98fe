"""AttentionCall, and what a watcher of attention calls must be."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import Weights


@dataclass(eq=False)
class AttentionCall:
    """One contraction of attention weights with values, as the model makes it.

    `scored` tells attention (softmax of a product of two activations, or of sampling points) from other softmaxes
    (gates, context pooling).
    """

    path: str
    index: int  # how many calls the pass has made before
    weights: Weights
    scored: bool = True


@runtime_checkable
class Watcher(Protocol):
    """What is shown the attention calls of a pass."""

    def before(self, call: AttentionCall) -> bool:
        """Look at the call; true asks to be shown the gradient of its weights in the backward pass."""
        ...

    def after(self, call: AttentionCall, output: Tensor) -> None:
        """Look at what the call returned, (..., query, channel)."""
        ...

    def hides(self, path: str, how: str) -> None:
        """The module at `path` attends in a way that cannot be watched; `how` completes a sentence about it."""
        ...

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None:
        """Look at the weights and their gradient; the last layer comes first."""
        ...
