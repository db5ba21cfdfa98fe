"""AttentionCall, and what a watcher of attention calls must be."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from vitxplain.capture.weights import Weights


@dataclass(eq=False)
class AttentionCall:
    """One contraction of attention weights with values, as the model makes it.

    `scored` tells attention (softmax of a product of two activations) from other softmaxes (gates, context pooling).
    `differentiable` is the very weight tensor the output was computed from, where the watcher asked for it.
    """

    path: str
    weights: Weights
    scored: bool = True
    differentiable: Tensor | None = None


class Watcher(Protocol):
    """Whoever wants to see attention calls."""

    def before(self, call: AttentionCall) -> bool:
        """Look at the call; true asks for the output to be computed from differentiable weights."""
        ...

    def after(self, call: AttentionCall, output: Tensor) -> None:
        """Look at what the call returned, (..., query, channel)."""
        ...
