"""Who hears of the image otherwise than by attention: patches do, object queries, latents and words do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.weights import Weights
from vitxplain.models.probing.dependence import answered, factors, start_of
from vitxplain.models.probing.recording import RecordedCall

_PICKING = ("Gather", "Index")  # steps of the graph that take tokens by index


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
    start = start_of(image)
    anyhow, in_place = {start: True, None: False}, {start: True, None: False}
    heard = []
    for record, is_constant in zip(calls, constant, strict=True):
        queries, keys = _hear(record.call.weights, anyhow, (), is_constant)
        queries_in_place, keys_in_place = _hear(record.call.weights, in_place, _PICKING, is_constant)
        if record.call.scored and record.step is not None:
            anyhow[record.step], in_place[record.step] = queries, queries_in_place
        picked = keys and not keys_in_place
        heard.append(Hearing(queries if picked else queries_in_place, keys, picked))
    return heard


def _hear(weights: Weights, answers: dict[Any, bool], past: tuple[str, ...], constant: bool) -> tuple[bool, bool]:
    """Whether the queries hear, and the keys; of the latter their values are asked."""
    values = [level.values for level in weights.levels] if isinstance(weights, DeformableWeights) else [weights.value]
    if not any(value.requires_grad for value in values):  # nothing comes from the image here, or it is not shown
        return not constant, not constant
    steps = factors(weights)
    for step in (*steps, *(value.grad_fn for value in values)):
        answered(step, answers, lambda before: any(answers[earlier] for earlier in before), past)
    keys = any(answers[value.grad_fn] for value in values)
    queries = [answers[step] for step in steps]
    # Values that hear nothing may have keys that do (OneFormer's first queries): there the first factor alone asks.
    return all(queries) if keys else any(queries[:1]), keys
