"""ModulePaths: the dotted name of the running module, read from the Python stack instead of by hooks."""

import sys
from collections.abc import Mapping
from types import FrameType

from torch import nn

_CALL = nn.Module._call_impl.__code__


class ModulePaths:
    """Dotted names of a model's modules, and the one that runs now on this thread."""

    def __init__(self, root: nn.Module) -> None:
        self._names: Mapping[int, str] = {id(module): name for name, module in root.named_modules()}

    def current(self) -> str:
        """The innermost running module of this model; "" for the model itself."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code is _CALL:
                name = self._names.get(id(frame.f_locals.get("self")))
                if name is not None:
                    return name
            frame = frame.f_back
        return ""
