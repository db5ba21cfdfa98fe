"""saved_apart: gradients of models that write in place into tensors which their gradient needs."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.autograd.graph import allow_mutation_on_saved_tensors

_lock = threading.Lock()  # PyTorch keeps one such context a process


@contextmanager
def saved_apart(*, needed: bool = True) -> Iterator[None]:
    """Around forward and backward pass: what autograd saved is copied before something is written into it.

    Such a model cannot be trained as it stands; its gradient is that of the same steps out of place. Every operation
    costs a little more meanwhile.
    """
    if not needed:
        yield
        return
    with _lock, allow_mutation_on_saved_tensors():
        yield


def check_saved(steps: Iterable[Any]) -> None:
    """Look at all that these steps of a graph have saved, as a gradient through them would, and differentiate nothing.

    Raises:
        RuntimeError: some of it was written over.
    """
    for step in steps:
        for name in dir(step):
            if name.startswith("_saved_"):
                getattr(step, name)


def is_written_over(error: RuntimeError) -> bool:
    """Whether a gradient failed since the model wrote into what it needs."""
    return "modified by an inplace operation" in str(error)
