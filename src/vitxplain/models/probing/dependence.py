"""Which attention the logits depend on, and which of it a gradient reaches; SigLIP's classifier leaves a head aside."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vitxplain.capture.weights import ExplicitWeights, FusedWeights, Weights

if TYPE_CHECKING:
    from vitxplain.models.probing.observation import SeenCall

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.types import Logits, PixelValues

if TYPE_CHECKING:
    from vitxplain.models.probing.observation import SeenCall
    from vitxplain.models.vision_model import VisionModel


@dataclass(eq=False)
class _Disturbance:
    """Spoils what the calls of these numbers return."""

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


def mark_use(model: "VisionModel", image: PixelValues, logits: Logits, calls: list["SeenCall"]) -> None:
    """Note of each call whether `logits`, of this image, depend on it; call it where the model is undisturbed.

    What no gradient reaches may still move them, where somebody detached it: so it is spoilt, to see whether they
    change.
    """
    reached = set()
    todo = [logits.grad_fn]
    while todo:
        step = todo.pop()
        if step is not None and step not in reached:
            reached.add(step)
            todo += [before for before, _ in step.next_functions]
    for one in calls:
        one.reached = one.output is not None and one.output.grad_fn in reached
    aside = {number for number, one in enumerate(calls) if not one.reached}
    if not aside:
        return
    with torch.no_grad(), AttentionTap(model.module, _Disturbance(aside)):
        unmoved = torch.allclose(model.logits(image), logits, rtol=1e-4)
    for number in aside:
        calls[number].used = not unmoved


def mark_learned_queries(image: Tensor, calls: Iterable["SeenCall"]) -> None:
    """Note of each call whether its queries do not depend on the image, a leaf of the graph."""
    if not image.requires_grad:
        return
    with torch.enable_grad():
        (start, _), *_ = image.view_as(image).grad_fn.next_functions  # type: ignore[union-attr]
    depends: dict[Any, bool] = {start: True, None: False}
    for one in calls:
        one.learned_queries = not all(_depends(step, depends) for step in _factors(one.call.weights))


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


def _depends(step: Any, known: dict[Any, bool]) -> bool:
    """Whether a step of the graph comes from what is known to; `known` keeps the answer for all steps before it."""
    path = [step]
    while path:
        before = [one for one, _ in path[-1].next_functions] if path[-1] not in known else []
        unknown = [one for one in before if one not in known]
        if unknown:
            path += unknown
            continue
        last = path.pop()
        if last not in known:
            known[last] = any(known[one] for one in before)
    return known[step]
