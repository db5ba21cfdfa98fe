"""Which attention is asked by learned queries: latents that are the same for every image, read off the graph."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vitxplain.capture.weights import ExplicitWeights, FusedWeights, Weights

if TYPE_CHECKING:
    from vitxplain.models.observation import SeenCall


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
