"""How far a method of many passes is: it says so as it goes, and whoever waits may listen."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from torch import Tensor

Listener: TypeAlias = Callable[[int, int], object]  # passes that are done, and how many there are

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Meanwhile the listener is told after every few passes, of each image and target anew."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def counted(inputs: Iterable[Tensor], total: int) -> Iterator[Tensor]:
    """The inputs of passes, several stacked in each; what was taken is told when the next is asked for."""
    done = 0
    for stacked in inputs:
        yield stacked
        done += stacked.shape[0]
        tell(done, total)


def tell(done: int, total: int) -> None:
    """Say to whoever listens how many of the passes are done."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(done, total)
