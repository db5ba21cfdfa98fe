"""Observation: everything two watched passes of a model show, before anybody says what it means."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge

from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.capture.weights import Weights
from vitxplain.models.views.image_calls import ImageCall
from vitxplain.types import PixelValues, TaskLogits


@dataclass(frozen=True, eq=False)
class Output:
    """One tensor as modules returned it (outermost last): changed in place and returned again it is another output.

    `tensor` shows how it was at the end of the pass, `edge` is its place in the graph when it was returned.
    """

    tensor: Tensor
    shape: tuple[int, ...]
    edge: GradientEdge | None  # None without a graph
    changed: bool  # whether something was written into it after it was returned
    returned_by: tuple[str, ...]
    from_linear: bool


@dataclass(frozen=True, eq=False)
class ObservedCall:
    """One attention call of the pass with a graph."""

    path: str  # dotted name of the module it ran in
    weights: Weights
    scored: bool  # attention, and no other softmax
    output: Tensor
    step: Any  # of the graph, that made the output; None without a graph
    nodes_before: int
    used: bool  # whether the logits depend on what it returns
    reached: bool  # whether their gradient does
    learned_queries: bool  # whether what asks is the same for every image
    queries_hear: bool  # whether those who ask hear of the image otherwise than by attention, as patches do
    keys_hear: bool  # whether those who are asked do
    keys_picked: bool  # whether they are some of many tokens, picked by index
    before: frozenset[int]  # the numbers of the calls that it is computed from, as far as the graph says
    batch_axis: int | None  # which axis doubles with two images; None: does not depend on the images
    constant_keys: tuple[bool, ...] | None  # per key: the same value for two different images

    @property
    def shape(self) -> tuple[int, ...]:
        """Of its weights, in its own axes."""
        return self.weights.shape


@dataclass(frozen=True, eq=False)
class Head:
    """The last linear layer (or 1 x 1 convolution): its output is the logits."""

    name: str
    module: nn.Linear | nn.Conv2d
    input: Tensor


@dataclass(eq=False)
class Silence:
    """While on, nothing flows back through what attention returns. Holds no tensor, so none lives longer for it."""

    on: bool = False

    def __call__(self, gradient: Tensor) -> Tensor | None:
        return torch.zeros_like(gradient) if self.on else None


@dataclass(frozen=True, eq=False)
class Observation:
    """One pass with a graph on one image, compared with one on two images."""

    image: PixelValues  # the first one, a leaf of the graph
    logits: TaskLogits
    maps: ImageMaps  # by what convolutions make, before anybody knows token grids, or which sequences are no map
    calls: tuple[ObservedCall, ...]
    nodes: tuple[Tensor, ...]  # all that modules took in or returned, as it was at the end
    outputs: tuple[Output, ...]  # in the order in which modules first returned them
    convolutions: tuple[tuple[str, int], ...]  # mixing places: name, attention calls before
    head: Head | None
    hidden: str | None  # where attention first ran unseen, and how
    silence: Silence
    text_lengths: frozenset[int] = frozenset()  # of sequences of tokens that are looked up by number
    last_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # what modules returned in their last run
    beside_logits: tuple[Tensor, ...] = ()  # what targets of the task are read from as well, such as masks
    image_calls: tuple[ImageCall, ...] = ()  # the outermost modules that take the image or a view of it

    @contextmanager
    def silent_attention(self) -> Iterator[None]:
        """Gradients pass by all attention meanwhile: what is left says where a token itself comes from."""
        self.silence.on = True
        try:
            yield
        finally:
            self.silence.on = False
