"""Observation: everything two watched passes of a model show, before anybody says what it means."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.batch_norm import SoundBatchNorm
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.models.attention_use import mark_use
from vitxplain.models.learned_queries import mark_learned_queries
from vitxplain.types import Logits, PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

_MAKES_MAPS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


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
    apart: frozenset[int] = frozenset()  # lengths of sequences that are no map: in an order of their own, or latents
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


@dataclass(eq=False)
class _Comparison:
    """The pass on two images: which axis of each call doubles, which keys never change."""

    seen: Sequence[SeenCall]
    index: int = 0
    key_counts: set[int] = field(default_factory=set)

    def before(self, call: AttentionCall) -> bool:
        if self.index < len(self.seen):
            self._compare(self.seen[self.index], call)
        self.index += 1
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None: ...

    def hides(self, path: str, how: str) -> None: ...

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...

    def _compare(self, one: SeenCall, call: AttentionCall) -> None:
        two = call.weights.shape
        doubled = [axis for axis, (a, b) in enumerate(zip(one.shape, two, strict=True)) if b == 2 * a]
        one.batch_axis = doubled[0] if doubled else None
        value = call.weights.value
        if one.batch_axis is None or one.shape[one.batch_axis] != 1 or value.dim() != len(two):
            return
        if value.shape[one.batch_axis] == 2 and value.shape[-2] not in self.key_counts:
            self.key_counts.add(value.shape[-2])
            first, second = value.unbind(one.batch_axis)
            change = (first - second).abs().movedim(-2, 0).flatten(1).amax(1)
            one.constant_keys = (change <= 1e-5 * first.abs().amax()).tolist()


def noise(model: "VisionModel", size: tuple[int, int]) -> PixelValues:
    """Two fixed noise images in the model's own number of channels."""
    first = next((m for m in model.module.modules() if isinstance(m, nn.Conv2d)), None)
    channels = first.in_channels * first.groups if first is not None and first.groups == 1 else 3
    channels = channels if channels <= 16 else 3  # the first convolution listed is not always the stem
    images = torch.randn(2, channels, *size, generator=torch.Generator().manual_seed(0))
    return images.to(model.device, model.dtype)


def observe(model: "VisionModel", size: tuple[int, int], *, graph: bool = True) -> Observation:
    """Watch one pass, with a graph unless told otherwise, and one on two images; the model is left as found."""
    images = noise(model, size)
    seen = Observation(size)
    with undisturbed(model.module):
        with (
            torch.set_grad_enabled(graph),
            _nodes(model.module, seen),
            SoundBatchNorm(),
            AttentionTap(model.module, seen),
        ):
            image = images[:1].requires_grad_(graph)
            seen.logits = model.logits(image)
        mark_learned_queries(image, seen.calls)
        mark_use(model, images[:1], seen.logits, seen.calls)
        comparison = _Comparison(seen.calls)
        with AttentionTap(model.module, comparison):
            model.logits(images)
    if not _makes_logits(seen):
        seen.head = None
    return seen


def _makes_logits(seen: Observation) -> bool:
    if seen.head is None or not seen.head.input.numel():
        return False
    with torch.no_grad():
        again = seen.head.module(seen.head.input)
    return again.numel() == seen.logits.numel() and torch.allclose(again.flatten(), seen.logits.flatten(), atol=1e-5)


@contextmanager
def _nodes(module: nn.Module, seen: Observation) -> Iterator[None]:
    """Collect every tensor that a module takes in or returns, in the order they come about."""
    known: dict[int, Node] = {}
    clock = count(1)
    thread = get_ident()  # another one may be explaining with this module

    def node(tensor: Any) -> Node | None:
        if isinstance(tensor, (tuple, list)) and tensor:
            tensor = tensor[0]
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.dim() not in (3, 4):
            return None
        if id(tensor) not in known:
            known[id(tensor)] = Node(tensor)
            seen.nodes.append(known[id(tensor)])
        return known[id(tensor)]

    def taken(_part: nn.Module, args: tuple) -> None:
        if args and get_ident() == thread:
            node(args[0])

    def returned(name: str) -> Any:
        def hook(part: nn.Module, args: tuple, output: Any) -> None:
            if get_ident() != thread:
                return
            if isinstance(part, (nn.Linear, nn.Conv2d)) and isinstance(output, Tensor):
                seen.head = Head(part, args[0])
            if isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1:
                seen.convolutions.append((name, len(seen.calls)))
            found = node(output)
            if found is not None:
                found.returned_by.append(name)
                if found.version != found.tensor._version:
                    found.version, found.order = found.tensor._version, next(clock)
                found.from_linear |= isinstance(part, nn.Linear)
                if isinstance(part, _MAKES_MAPS) and found.tensor.dim() == 4 and min(found.tensor.shape[2:]) > 1:
                    seen.maps.setdefault((found.tensor.shape[2], found.tensor.shape[3]))

        return hook

    handles = []
    try:
        for name, part in module.named_modules():
            handles.append(part.register_forward_pre_hook(taken))
            handles.append(part.register_forward_hook(returned(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()
