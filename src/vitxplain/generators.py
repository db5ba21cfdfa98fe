"""The random generators of the process, and what puts them back where something drew from them."""

import random
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any


def generators() -> Iterator[Callable[[], None]]:
    """Of Python, and where they are loaded of NumPy and torch, on its devices too: what puts each back."""
    yield partial(_put_back, random.setstate, random.getstate, random.getstate(), _equal)
    if numpy := sys.modules.get("numpy"):
        chance = numpy.random
        yield partial(_put_back, chance.set_state, chance.get_state, chance.get_state(), _equal_in_numpy)
    if torch := sys.modules.get("torch"):
        yield partial(_put_back, torch.set_rng_state, torch.get_rng_state, torch.get_rng_state(), torch.equal)
        if torch.cuda.is_initialized():
            for device in range(torch.cuda.device_count()):
                get = partial(torch.cuda.get_rng_state, device)
                yield partial(_put_back, partial(torch.cuda.set_rng_state, device=device), get, get(), torch.equal)


def _put_back(put: Callable[[Any], Any], get: Callable[[], Any], kept: Any, equal: Callable[[Any, Any], bool]) -> None:
    if not equal(get(), kept):  # where nothing was drawn, threads that draw meanwhile are not disturbed
        put(kept)


def _equal(first: Any, second: Any) -> bool:
    return bool(first == second)


def _equal_in_numpy(first: Any, second: Any) -> bool:
    """States are a name, an array of keys, a place among them, and what is left of a pair of normal numbers."""
    return bool((first[1] == second[1]).all()) and (first[0], *first[2:]) == (second[0], *second[2:])
