"""In which order sequences of tokens run through the image: row by row, as maps are read, or in one of their own."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TypeAlias

from jaxtyping import Int
from torch import Tensor

from vitxplain.models.probing.observation import Observation
from vitxplain.models.probing.tracing import ToMap, trace

Orders: TypeAlias = Mapping[int, Int[Tensor, "row column"]]  # sequence length -> the token at each place

_NODES_TRIED = 4  # before each attention call, and of each length in all
_MAPS_TRIED = 3  # before each of them


def sequence_orders(observation: Observation) -> Orders:
    """The order of sequences, by length, measured where attention first gets one; what cannot be told is left out.

    Where there is no attention it is measured where the first sequence comes out of a module.
    """
    orders: dict[int, Tensor] = {}
    tried: Counter[int] = Counter()
    with observation.silent_attention():
        for before in sorted({call.nodes_before for call in observation.calls}) or _first_sequence(observation):
            for index in reversed(range(max(before - _NODES_TRIED, 0), before)):
                tokens = observation.nodes[index]
                if tokens.dim() != 3 or tokens.shape[0] != 1 or not tokens.requires_grad:
                    continue
                length = tokens.shape[1]
                if length in orders or tried[length] == _NODES_TRIED:
                    continue
                tried[length] += 1
                maps = islice(maps_before(observation, index, orders, guess=False), _MAPS_TRIED)
                order = next((order for order in (trace(tokens[0], *pair) for pair in maps) if order is not None), None)
                if order is not None:
                    orders[length] = order
    return orders


def _first_sequence(observation: Observation) -> list[int]:
    """How many nodes there are up to the first sequence, and as many more as are tried."""
    first = next((index for index, node in enumerate(observation.nodes) if node.dim() == 3), None)
    return [] if first is None else [min(first + _NODES_TRIED, len(observation.nodes))]


def unordered(orders: Orders) -> frozenset[int]:
    """The lengths of sequences that do not run row by row (Hiera)."""
    return frozenset(length for length, order in orders.items() if not bool((order.flatten().diff() == 1).all()))


def maps_before(observation: Observation, index: int, orders: Orders, *, guess: bool) -> Iterator[tuple[Tensor, ToMap]]:
    """The nodes before this one that are maps of the image, the nearest first, and how to read them.

    With `guess` a sequence whose order is not known is taken to run row by row, as those of all models but a few do.
    """
    for tensor in reversed(observation.nodes[:index]):
        if tensor.shape[0] != 1 or not tensor.requires_grad:
            continue
        order = orders.get(tensor.shape[1]) if tensor.dim() == 3 else None
        if order is not None:
            yield tensor, _reader(order)
        elif guess or tensor.dim() == 4:
            layout = observation.maps.layout(tuple(tensor.shape))
            if layout is not None:
                yield tensor, layout.to_map


def _reader(order: Int[Tensor, "row column"]) -> ToMap:
    return lambda tokens: tokens[:, order.flatten()].transpose(1, 2).unflatten(2, tuple(order.shape))
