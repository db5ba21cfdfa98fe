"""Counts where Python waits for a GPU, or would, on a machine that has none.

Without one a tensor counts as the device's unless it was seen to be made in host memory: by a copy to "cpu", of an
array or a list without a device, or from such tensors alone. `torch.device` objects, as models have them, stand for the
device.
"""

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from traceback import walk_stack
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

WAITING = {"_local_scalar_dense", "equal", "nonzero", "masked_select", "_unique2", "unique_consecutive", "unique_dim"}
COPIES = {Tensor.cpu, Tensor.numpy, Tensor.tolist, Tensor.__array__}


class _Waits:
    """What was counted, by the line of the package that waited."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.by_host = False

    def note(self, what: str) -> None:
        lines = ((frame.f_code.co_filename, line) for frame, line in walk_stack(None))
        inside = ((name.rpartition("/vitxplain/")[2], line) for name, line in lines if "/vitxplain/" in name)
        where = next((f"{name}:{line}" for name, line in inside), "elsewhere")
        self.counts[f"{where} {what}"] += 1


class _Operations(TorchDispatchMode):
    def __init__(self, waits: _Waits) -> None:
        super().__init__()
        self.waits = waits

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        masked = name in ("index", "index_put", "index_put_", "_index_put_impl_") and any(
            isinstance(index, Tensor) and index.dtype in (torch.bool, torch.uint8) for index in args[1]
        )
        if (name in WAITING or masked) and not self.waits.by_host:
            self.waits.note(name)
        return func(*args, **(kwargs or {}))


class _Calls(TorchFunctionMode):
    def __init__(self, waits: _Waits) -> None:
        super().__init__()
        self.waits = waits
        self.of_host = WeakIdKeyDictionary()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        to_device = any(isinstance(leaf, torch.device) for leaf in tree_leaves((args, kwargs)))
        by_host = all(tensor in self.of_host for tensor in tensors) and not to_device
        copied = func in COPIES or (func is Tensor.to and "cpu" in (*args[1:], kwargs.get("device")))
        if copied and not by_host:
            self.waits.note(func.__name__)
        before, self.waits.by_host = self.waits.by_host, by_host or self.waits.by_host
        try:
            result = func(*args, **kwargs)
        finally:
            self.waits.by_host = before
        if copied and isinstance(result, Tensor):
            result = result.view(result.shape)  # on a CPU a copy to it may be the tensor itself
        for made in tree_leaves(result) if by_host or copied else []:
            if isinstance(made, Tensor):
                self.of_host[made] = True
        return result


@contextmanager
def synchronisations(in_memory: Iterable[Tensor] = ()) -> Iterator[Counter[str]]:
    """How often Python waits for the device meanwhile, by line of the package and operation.

    `in_memory` are tensors made before that lie in host memory.
    """
    waits = _Waits()
    calls = _Calls(waits)
    for tensor in in_memory:
        calls.of_host[tensor] = True
    with _Operations(waits), calls:
        yield waits.counts


@contextmanager
def on_a_gpu() -> Iterator[Counter[str]]:
    """The same with CUDA, which warns of what it waits for; counted when the block has ended."""
    counts: Counter[str] = Counter()
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield counts
        finally:
            torch.cuda.set_sync_debug_mode(before)
    # Switching the mode warns as well, that it is a prototype.
    waits = [one for one in caught if "called a synchronizing" in str(one.message)]
    counts.update(f"{one.filename.rpartition('/vitxplain/')[2]}:{one.lineno}" for one in waits)
