"""Why a model does not offer something: clauses that complete "METHOD does not fit: ..."."""

from collections.abc import Sequence
from itertools import pairwise

from vitxplain.capture.layout import AttentionLayout
from vitxplain.models import offers
from vitxplain.models.probing.observation import Observation
from vitxplain.models.probing.sides.token_sides import decoder


def missing_attention(
    observation: Observation, layouts: Sequence[AttentionLayout], isotropic: bool, mixing: str | None
) -> dict[str, str]:
    """Why attention or gradients are not there; `mixing` as the function of that name words it."""
    missing: dict[str, str] = {}
    real = [layout for layout in layouts if layout.kind not in ("unused", "other")]
    placed = [o for o in real if o.kind in ("token", "window", "pooling") and o.grid is not None]
    if not real:
        reason = "it has no attention" + (f" ({len(layouts)} other softmaxes were seen)" if layouts else "")
    else:
        kinds = ", ".join(f"{sum(o.kind == kind for o in real)} {kind}" for kind in dict.fromkeys(o.kind for o in real))
        reason = f"its {len(real)} attention layers ({kinds}) do not all ask the same grid of tokens"
        if mixing is not None and asks_one_grid(layouts):
            reason = mixing
        reads = decoder(layouts)
        if reads is not None:
            reason = (
                f"{reads.num_queries} queries of its own ask the image ({reads.path}), each for an object, so what its "
                "patches ask of each other does not say what becomes of one"
            )
    if not isotropic:
        missing[offers.ATTENTIONS] = reason
    if not placed:
        missing[offers.ATTENTION_MAPS] = (
            reason if not real else f"its attention ({real[0].describe()}) has no place on the image"
        )
    if observation.hidden is not None:
        hidden = f"{observation.hidden}; load it with attn_implementation='eager', or use grad-cam"
        missing |= {offers.ATTENTIONS: hidden, offers.ATTENTION_MAPS: hidden}
    if not observation.logits.requires_grad:
        missing[offers.GRADIENTS] = "its logits carry no gradient (it runs under torch.no_grad or detaches)"
    reached = [call.reached for call, o in zip(observation.calls, layouts, strict=True) if o.kind == "token"]
    if not isotropic or not all(reached):
        missing[offers.ATTENTION_GRADIENTS] = missing.get(offers.ATTENTIONS) or missing.get(
            offers.GRADIENTS, "no gradient of the logits reaches its attention"
        )
    return missing


def mixing(observation: Observation, layouts: Sequence[AttentionLayout]) -> str | None:
    """What else mixes places on the way, in words: attention alone then does not say what came from where."""
    token = [index for index, layout in enumerate(layouts) if layout.kind == "token"]
    if not token:
        return None
    for name, before in observation.convolutions:
        if token[0] < before <= token[-1]:
            return f"a convolution ({name}) mixes places between its attention layers"
    for layout in layouts[: token[-1]]:
        if layout.kind == "other":
            return f"softmax weights that are no attention ({layout.path}) mix places before its last attention layer"
    calls = observation.calls
    if (beside := _streams(token, [call.before for call in calls])) and all(calls[index].reached for index in token):
        names = " and ".join(dict.fromkeys(layouts[index].path or "the model itself" for index in beside))
        return f"its attention layers are no chain: those of {names} run side by side, in streams of their own"
    for first, second in pairwise(token):
        if calls[first].weights.value is calls[second].weights.value:  # arXiv 2410.05258
            return f"two softmaxes weigh the same values ({layouts[first].path}), and what becomes of both is not seen"
    return None


def _streams(token: Sequence[int], before: Sequence[frozenset[int]]) -> tuple[int, int] | None:
    """Two calls of which neither is computed from the other, where that makes streams of layers; else None.

    Blocks that add up several attentions of the same tokens are layers of a chain: the next ones follow all of them.
    """
    levels: list[list[int]] = []
    for index in token:
        earlier = {number for level in levels for number in level}
        if levels and earlier - before[index] == set(levels[-1]):
            levels[-1].append(index)
        elif earlier <= before[index]:
            levels.append([index])
        else:
            return index, min(earlier - before[index])
    counts = [len(level) for level in levels]
    if counts and counts[-1] > 1 and (len(counts) == 1 or counts[-2] != counts[-1]):
        return levels[-1][1], levels[-1][0]
    return None


def asks_one_grid(layouts: Sequence[AttentionLayout]) -> bool:
    """Whether every layer's tokens ask the same patches; learned queries, branches and their crossings aside."""
    if decoder(layouts) is not None:
        return False
    own = [layout for layout in layouts if layout.kind not in ("pooling", "branch", "cross", "unused", "other")]
    grids = {(layout.grid.rows, layout.grid.columns) for layout in own if layout.grid is not None}
    plain = all(layout.kind == "token" and layout.num_queries == layout.num_keys for layout in own)
    return plain and len(grids) == 1
