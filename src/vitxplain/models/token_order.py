"""Whether sequences of tokens run through the image row by row, as maps are read, or in an order of their own."""

from collections.abc import Collection, Iterator
from itertools import islice

from torch import Tensor

from vitxplain.capture.patch_layout import PatchLayout, patch_layout
from vitxplain.models.observation import Observation
from vitxplain.models.tracing import trace

_NODES_TRIED = 4  # before each attention call
_MAPS_TRIED = 3  # before each of them


def unordered_lengths(seen: Observation) -> frozenset[int]:
    """The lengths of sequences that keep their tokens in another order (Hiera), measured where attention gets one.

    A length whose order cannot be measured is taken to be in order, as those of all models but a few are.
    """
    in_order: dict[int, bool] = {}
    with seen.silent_attention():
        for before in sorted({one.nodes_before for one in seen.calls}):
            for index in reversed(range(max(before - _NODES_TRIED, 0), before)):
                shape = seen.nodes[index].tensor.shape
                if len(shape) == 3 and shape[0] == 1 and shape[1] not in in_order:
                    ordered = _is_ordered(seen, index, {one for one in in_order if in_order[one]})
                    if ordered is not None:
                        in_order[shape[1]] = ordered
    return frozenset(length for length, ordered in in_order.items() if not ordered)


def _is_ordered(seen: Observation, index: int, lengths: Collection[int]) -> bool | None:
    """Whether the tokens of a node follow the places of the map they come from; None if that cannot be told."""
    tokens = seen.nodes[index].tensor
    for tensor, layout in islice(maps_before(seen, index, lengths), _MAPS_TRIED):
        places = trace(tokens[0], tensor, layout) if tokens.requires_grad else None
        if places is not None:
            return bool((places.flatten().diff() == 1).all())
    return None


def maps_before(seen: Observation, index: int, lengths: Collection[int]) -> Iterator[tuple[Tensor, PatchLayout]]:
    """The maps of the image among the nodes before this one, the nearest first; sequences only of these lengths."""
    for node in reversed(seen.nodes[:index]):
        tensor = node.tensor
        if tensor.shape[0] != 1 or not tensor.requires_grad or (tensor.dim() == 3 and tensor.shape[1] not in lengths):
            continue
        layout = patch_layout(tuple(tensor.shape), seen.size, seen.maps)
        if layout is not None:
            yield tensor, layout
