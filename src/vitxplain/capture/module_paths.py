"""ModulePaths: the dotted name of the running module, read from the Python stack instead of by hooks."""

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

from torch import nn

_CALL = nn.Module._call_impl.__code__


class ModulePaths:
    """Dotted names of a model's modules, and the one that runs now on this thread."""

    def __init__(self, root: nn.Module) -> None:
        self._names: Mapping[int, str] = {id(module): name for name, module in root.named_modules()}

    def current(self) -> str:
        """The innermost running module of this model; "" for the model itself."""
        return next((self._names[id(running["self"])] for running in self._running()), "")

    def inputs(self) -> Iterator[Any]:
        """What the running modules of this model were given, the innermost one's first."""
        for running in self._running():
            yield from running.get("args", ())
            yield from running.get("kwargs", {}).values()

    def _running(self) -> Iterator[Mapping[str, Any]]:
        """Of each running module of this model, the innermost first, what its call holds."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code is _CALL:
                held = frame.f_locals
                if id(held.get("self")) in self._names:
                    yield held
            frame = frame.f_back
