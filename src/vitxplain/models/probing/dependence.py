"""Which attention the logits depend on, which of it their gradient reaches, and which of it learned queries ask."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import ExplicitWeights, FusedWeights, Weights
from vitxplain.models.probing.recording import RecordedCall
from vitxplain.types import Logits, PixelValues

Answers: TypeAlias = dict[Any, bool]  # by steps of the graph

_PICKING = ("Gather", "Index")  # steps that take tokens by index

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


def reached_outputs(logits: Logits, outputs: Sequence[Tensor]) -> list[bool]:
    """Of each output of attention, whether the gradient of `logits` reaches it."""
    reached = set()
    todo = [logits.grad_fn]
    while todo:
        step = todo.pop()
        if step is not None and step not in reached:
            reached.add(step)
            todo += [before for before, _ in step.next_functions]
    return [output.grad_fn in reached for output in outputs]


def used_calls(model: "VisionModel", image: PixelValues, logits: Logits, reached: Sequence[bool]) -> list[bool]:
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


@dataclass(frozen=True)
class Hearing:
    """Of one call, whether tokens hear of the image otherwise than by attention: patches do, and who joins them.

    Where that cannot be told they are said to.
    """

    queries: bool = True
    keys: bool = True
    picked: bool = False  # whether keys hear of it only as some of many tokens that were picked by index


def hearing(image: Tensor, calls: Sequence[RecordedCall], constant: Sequence[bool]) -> list[Hearing]:
    """Who hears of `image`, a leaf of the graph, in each call.

    What attention returns for a token is said to hear if the token does that asked: what it learns by asking is left
    aside. `constant` says of each call that its keys were the same for two images.
    """
    if not image.requires_grad:
        return [Hearing()] * len(calls)
    anyhow, in_place = from_image(image), from_image(image)
    heard = []
    for record, is_constant in zip(calls, constant, strict=True):
        queries, keys = _hear(record.call.weights, anyhow, (), is_constant)
        queries_in_place, keys_in_place = _hear(record.call.weights, in_place, _PICKING, is_constant)
        if record.call.scored and record.step is not None:
            anyhow[record.step], in_place[record.step] = queries, queries_in_place
        picked = keys and not keys_in_place
        heard.append(Hearing(queries if picked else queries_in_place, keys, picked))
    return heard


def _hear(weights: Weights, answers: Answers, past: tuple[str, ...], constant: bool) -> tuple[bool, bool]:
    """Whether the queries hear, and the keys; of the latter their values are asked."""
    values = [level.values for level in weights.levels] if isinstance(weights, DeformableWeights) else [weights.value]
    if not any(value.requires_grad for value in values):  # nothing comes from the image here, or it is not shown
        return not constant, not constant
    keys = any(depends_on(value.grad_fn, answers, past) for value in values)
    factors = [depends_on(step, answers, past) for step in _factors(weights)]
    return all(factors) if keys else any(factors), keys


def learned_queries(image: Tensor, weights: Sequence[Weights]) -> list[bool]:
    """Of each call's weights, whether its queries do not depend on the image, a leaf of the graph."""
    if not image.requires_grad:
        return [False] * len(weights)
    depends = from_image(image)
    return [not all(depends_on(step, depends) for step in _factors(call)) for call in weights]


def from_image(image: Tensor) -> Answers:
    """The answer of the one step of the graph that is known to depend on the image: the image itself."""
    with torch.enable_grad():
        (start, _), *_ = image.view_as(image).grad_fn.next_functions  # type: ignore[union-attr]
    return {start: True, None: False}


def _factors(weights: Weights) -> list[Any]:
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
        if step.name().startswith(("Bmm", "Baddbmm")):  # the latter adds a mask to the product, its first argument
            return [before for before, _ in step.next_functions[-2:]]
        todo += [before for before, _ in step.next_functions]
    return []


def depends_on(step: Any, answers: Answers, past: tuple[str, ...] = ()) -> bool:
    """Whether a step of the graph comes from one whose answer is yes; `answers` keeps those of all steps before it.

    Nothing comes by steps whose name begins with `past`.
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
            answers[last] = any(answers[earlier] for earlier in before)
    return answers[step]
