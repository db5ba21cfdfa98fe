"""Observation: everything two watched passes of a model show, before anybody says what it means."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.types import Logits


@dataclass(eq=False)
class Node:
    """One tensor of the graph, and the modules that returned it (outermost last) or took it in."""

    tensor: Tensor
    returned_by: list[str] = field(default_factory=list)
    from_linear: bool = False
    order: int = 0  # when it was last written: later for a tensor changed in place and returned again
    version: int = -1


@dataclass(eq=False)
class SeenCall:
    """One attention call of the pass with a graph."""

    call: AttentionCall
    shape: tuple[int, ...]
    nodes_before: int
    output: Tensor | None = None
    used: bool = True  # whether the logits depend on what it returns
    reached: bool = True  # whether their gradient does
    learned_queries: bool = False  # whether what asks is the same for every image
    batch_axis: int | None = None  # which axis doubles with two images; None: does not depend on the images
    constant_keys: list[bool] | None = None  # per key: the same value for two different images


@dataclass(eq=False)
class _Silence:
    """While on, nothing flows back through what attention returns. Knows no tensor: none lives longer for it."""

    on: bool = False

    def __call__(self, gradient: Tensor) -> Tensor | None:
        return torch.zeros_like(gradient) if self.on else None


@dataclass(eq=False)
class Head:
    """The last linear layer (or 1 x 1 convolution): its output is the logits."""

    module: nn.Linear | nn.Conv2d
    input: Tensor


@dataclass(eq=False)
class Observation:
    """One pass with a graph on one image, compared with one on two images."""

    size: tuple[int, int]
    calls: list[SeenCall] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    maps: dict[tuple[int, int], None] = field(default_factory=dict)  # (rows, columns) convolutions make, in order
    maps_before_attention: tuple[tuple[int, int], ...] = ()
    head: Head | None = None
    hidden: str | None = None  # where attention first ran unseen, and how
    logits: Logits = field(init=False)
    _silence: _Silence = field(default_factory=_Silence, init=False)
    convolutions: list[tuple[str, int]] = field(default_factory=list)  # mixing places: name, attention calls before

    def before(self, call: AttentionCall) -> bool:
        if not self.calls:
            self.maps_before_attention = tuple(self.maps)
        self.calls.append(SeenCall(call, call.weights.shape, len(self.nodes)))
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        self.calls[-1].output = output
        if output.requires_grad:
            output.register_hook(self._silence)

    @contextmanager
    def silent_attention(self) -> Iterator[None]:
        """Gradients pass by all attention meanwhile: what is left says where a token itself comes from."""
        self._silence.on = True
        try:
            yield
        finally:
            self._silence.on = False

    def hides(self, path: str, how: str) -> None:
        self.hidden = self.hidden or f"{path or 'the model itself'} {how}"

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...
