"""Passes: the networks that run side by side within a network, and how its output comes of theirs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from vitxplain.models.views.image_calls import tensors_of, with_tensors
from vitxplain.models.views.view import View
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS, PROBABILITY, ExplainedTarget, Target, TaskOutputs, Unit
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues, Scores


@dataclass(frozen=True, eq=False)
class ParallelPass:
    """One pass of a network over one view of the image."""

    path: str  # dotted name of the network within the whole
    call: int  # which of its calls
    row: int  # which image of that call
    view: View
    model: VisionModel = field(repr=False)
    weight: float = 1.0  # what the whole multiplies its class scores with


@dataclass(frozen=True, eq=False)
class Passes:
    """Passes side by side, first called first.

    `weighted`: the output is the sum of the passes' class scores (or probabilities), each times its weight. Otherwise
    the passes return features or are put together some other way, and only the gradient says how each of them counts.
    """

    passes: tuple[ParallelPass, ...]
    weighted: bool

    @property
    def paths(self) -> tuple[str, ...]:
        """The names of the networks, each once."""
        return tuple(dict.fromkeys(member.path for member in self.passes))


@dataclass(frozen=True)
class ImageArgument:
    """How a network is called with one image: by keyword or as its first argument, beside what else it took."""

    keyword: str
    others: Mapping[str, Any]

    def __call__(self, pixel_values: PixelValues) -> dict[str, Any]:
        return {self.keyword: pixel_values, **self.others}


@dataclass(frozen=True)
class AllOutputs(Classification):
    """Everything a network returns as one row of numbers an image, whatever it means."""

    def outputs(self, raw: Any) -> TaskOutputs:
        return {LOGITS: torch.cat([tensor.flatten(1) for tensor in tensors_of(raw)], 1)}


@dataclass(frozen=True, eq=False)
class GradientTarget(Target):
    """A weighted sum of all a network returns: what the score of the whole depends on it, to first order."""

    weights: Tensor  # (1, number)

    name: ClassVar[str] = "gradient"

    def check(self, count: int) -> None: ...

    def select(self, positions: Sequence[int]) -> "GradientTarget":
        return self

    def fixed(self, outputs: TaskOutputs) -> "GradientTarget":
        return self

    def score(self, outputs: TaskOutputs) -> Scores:
        return (outputs[LOGITS] * self.weights.to(outputs[LOGITS])).sum(-1)

    def head_weights(self, head: Tensor, outputs: TaskOutputs) -> Tensor:
        return self.weights.to(head) @ head

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        return []


@dataclass(eq=False)
class SeenCalls:
    """What the networks took and returned in one pass of the whole, by path and call."""

    images: dict[tuple[str, int], Tensor] = field(default_factory=dict)
    outputs: dict[tuple[str, int], tuple[Tensor, ...]] = field(default_factory=dict)


@contextmanager
def watched_calls(
    module: nn.Module,
    passes: Passes,
    replaced: Mapping[tuple[str, int], Sequence[Tensor]] | None = None,
    *,
    leaves: bool = False,
) -> Iterator[SeenCalls]:
    """Meanwhile the calls of the passes' networks are taken down, on this thread.

    `replaced` are tensors that go on in place of what they return; with `leaves` the graph starts at what they return.
    """
    calls = SeenCalls()
    keywords = {member.path: _keyword(member.model) for member in passes.passes}
    counts = dict.fromkeys(passes.paths, 0)
    thread = get_ident()

    def hook(path: str) -> Any:
        def after(part: nn.Module, args: tuple, *rest: Any) -> Any:  # noqa: ARG001
            if get_ident() != thread:
                return None
            kwargs, output = rest
            key = path, counts[path]
            counts[path] += 1
            calls.images[key] = (args[0] if args else kwargs[keywords[path]]).detach()
            tensors = tensors_of(output)
            if replaced is not None and key in replaced:
                tensors = tuple(replaced[key])
            elif leaves:
                torch.set_grad_enabled(True)  # the pass that runs this restores it
                tensors = tuple(tensor.detach().requires_grad_() for tensor in tensors)
            else:
                return None
            calls.outputs[key] = tensors
            return with_tensors(output, iter(tensors))

        return after

    handles = [module.get_submodule(path).register_forward_hook(hook(path), with_kwargs=True) for path in passes.paths]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _keyword(model: VisionModel) -> str:
    return model.inputs.keyword if isinstance(model.inputs, ImageArgument) else ""
