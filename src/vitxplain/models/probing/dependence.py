"""Which attention the logits depend on, which of it their gradient reaches, and which of it learned queries ask."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import ExplicitWeights, FusedWeights, Weights
from vitxplain.types import PixelValues, TaskLogits

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


def reached_outputs(logits: TaskLogits, outputs: Sequence[Tensor]) -> list[bool]:
    """Of each output of attention, whether the gradient of `logits` reaches it."""
    reached = set()
    todo = [logits.grad_fn]
    while todo:
        step = todo.pop()
        if step is not None and step not in reached:
            reached.add(step)
            todo += [before for before, _ in step.next_functions]
    return [output.grad_fn in reached for output in outputs]


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
    with torch.enable_grad():
        (start, _), *_ = image.view_as(image).grad_fn.next_functions  # type: ignore[union-attr]
    depends: dict[Any, bool] = {start: True, None: False}
    return [not all(_depends(step, depends) for step in _factors(call)) for call in weights]


def _factors(weights: Weights) -> list[Any]:
    """The steps of the graph that made what the scores are a product of; keys depend on the image, queries may not."""
    if isinstance(weights, FusedWeights):
        return [weights.query.grad_fn]
    todo = [weights.tensor.grad_fn] if isinstance(weights, ExplicitWeights) else []
    while todo:
        step = todo.pop(0)
        if step is None:
            continue
        if step.name().startswith("Bmm"):
            return [before for before, _ in step.next_functions]
        todo += [before for before, _ in step.next_functions]
    return []


def _depends(step: Any, answers: dict[Any, bool]) -> bool:
    """Whether a step of the graph comes from one whose answer is yes; `answers` keeps those of all steps before it."""
    path = [step]
    while path:
        before = [earlier for earlier, _ in path[-1].next_functions] if path[-1] not in answers else []
        unanswered = [earlier for earlier in before if earlier not in answers]
        if unanswered:
            path += unanswered
            continue
        last = path.pop()
        if last not in answers:
            answers[last] = any(answers[earlier] for earlier in before)
    return answers[step]
