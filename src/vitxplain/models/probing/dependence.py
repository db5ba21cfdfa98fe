"""Which attention the logits depend on, which of it their gradient reaches, and which of it learned queries ask."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import ExplicitWeights, FusedWeights, Weights
from vitxplain.types import PixelValues, TaskLogits

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


_Answer = TypeVar("_Answer")


def reached_outputs(logits: TaskLogits, outputs: Sequence[Tensor]) -> list[bool]:
    """Of each output of attention, whether the gradient of `logits` reaches it."""
    reached = steps_before(logits.grad_fn)
    return [output.grad_fn in reached for output in outputs]


def calls_before(outputs: Sequence[Tensor]) -> list[frozenset[int]]:
    """Of each output of attention, in order, the numbers of those it is computed from."""
    own = {output.grad_fn: 1 << number for number, output in enumerate(outputs) if output.grad_fn is not None}
    bits: dict[Any, int] = {None: 0}  # of each step those of the outputs before it

    def bits_of(before: Sequence[Any]) -> int:
        return reduce(or_, (bits[earlier] | own.get(earlier, 0) for earlier in before), 0)

    for output in outputs:
        answered(output.grad_fn, bits, bits_of)
    numbers = range(len(outputs))
    return [frozenset(n for n in numbers if bits[output.grad_fn] >> n & 1) for output in outputs]


def steps_before(step: Any) -> set[Any]:
    """A step of the graph and all that it is computed from."""
    steps: set[Any] = set()
    todo = [step]
    while todo:
        earlier = todo.pop()
        if earlier is not None and earlier not in steps:
            steps.add(earlier)
            todo += [before for before, _ in earlier.next_functions]
    return steps


def used_calls(model: "VisionModel", image: PixelValues, logits: TaskLogits, reached: Sequence[bool]) -> list[bool]:
    """Of each call, whether `logits`, of this image, depend on it; call it where the model is undisturbed.

    What no gradient reaches may still move them, where somebody detached it: so it is disturbed, to see whether they
    change. SigLIP's classifier leaves a whole attention head aside.
    """
    unreached = {number for number, is_reached in enumerate(reached) if not is_reached}
    if not unreached:
        return list(reached)
    with torch.no_grad(), AttentionTap(model.module, _Disturbance(unreached)):
        moved = not torch.allclose(model.logits(image), logits, rtol=1e-4)
    return [is_reached or moved for is_reached in reached]


@dataclass(eq=False)
class _Disturbance:
    """Changes what the calls of these numbers return."""

    numbers: Collection[int]
    calls: int = field(default=0, init=False)

    def before(self, call: AttentionCall) -> bool:
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        if self.calls in self.numbers:
            output.mul_(-2).add_(1)
        self.calls += 1

    def hides(self, path: str, function: str) -> None: ...

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...


def learned_queries(image: Tensor, weights: Sequence[Weights]) -> list[bool]:
    """Of each call's weights, whether its queries do not depend on the image, a leaf of the graph."""
    if not image.requires_grad:
        return [False] * len(weights)
    of_image = steps_after(start_of(image))
    return [not all(of_image(step) for step in factors(call)) for call in weights]


def start_of(image: Tensor) -> Any:
    """The step of the graph that an image, a leaf of it, is."""
    with torch.enable_grad():
        (start, _), *_ = image.view_as(image).grad_fn.next_functions  # type: ignore[union-attr]
    return start


def steps_after(start: Any, settled: Mapping[Any, bool] | None = None) -> Callable[[Any], bool]:
    """Whether a step of the graph is computed from another one; of some steps the answer is settled."""
    answers: dict[Any, bool] = {**(settled or {}), start: True, None: False}

    def is_after(step: Any) -> bool:
        answered(step, answers, lambda before: any(answers[earlier] for earlier in before))
        return answers[step]

    return is_after


def factors(weights: Weights) -> list[Any]:
    """The steps of the graph that made what the scores are a product of; keys depend on the image, queries may not."""
    if isinstance(weights, FusedWeights):
        return [weights.query.grad_fn]
    if isinstance(weights, DeformableWeights):
        return [weights.point_weights.grad_fn]
    todo = [weights.tensor.grad_fn] if isinstance(weights, ExplicitWeights) else []
    while todo:
        step = todo.pop(0)
        if step is None:
            continue
        if step.name().startswith(("Bmm", "Baddbmm")) and not _is_of_weights(step, weights.shape[-1]):
            # the latter adds a mask to the product, its first argument
            return [before for before, _ in step.next_functions[-2:]]
        todo += [before for before, _ in step.next_functions]
    return []


def _is_of_weights(step: Any, keys: int) -> bool:
    """Whether a product is with frozen weights that mix heads (arXiv 2003.02436), and not of queries and keys.

    With weights that may learn it is another step of the graph, which folds the axes.
    """
    if step.next_functions[-1][0] is not None:
        return False
    weight = getattr(step, "_saved_mat2", None) if step.name().startswith("Bmm") else None
    return weight is not None and weight.shape[-1] != keys


def answered(
    step: Any, answers: dict[Any, _Answer], answer: Callable[[Sequence[Any]], _Answer], past: tuple[str, ...] = ()
) -> None:
    """Put the answer for a step and all steps before it into `answers`: each by those of the steps just before it.

    Steps whose names begin with one of `past` have none before them.
    """
    path = [step]
    while path:
        before = [earlier for earlier, _ in path[-1].next_functions] if path[-1] not in answers else []
        if past and before and path[-1].name().startswith(past):
            before = []
        unanswered = [earlier for earlier in before if earlier not in answers]
        if unanswered:
            path += unanswered
            continue
        last = path.pop()
        if last not in answers:
            answers[last] = answer(before)
