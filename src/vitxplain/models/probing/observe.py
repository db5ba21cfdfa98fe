"""Watching two passes of a model: what the probe draws its conclusions from."""

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
from vitxplain.models.probing.dependence import mark_learned_queries, mark_use
from vitxplain.models.probing.observation import Head, Node, Observation, SeenCall
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

_MAKES_MAPS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


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
