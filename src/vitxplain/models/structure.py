"""The structure of a module: by it is told whether what a probe found still holds."""

from collections.abc import Callable

from torch import nn

_PASSING = ("training", "gradient_checkpointing", "grad_checkpointing")  # what a pass changes and puts back
_PLAIN = (bool, str, int, float, tuple)


def likeness(module: nn.Module) -> int:
    """The same number for a model that is opened again: by the kinds, shapes and plain attributes of its modules."""
    return hash(tuple(_parts(module, lambda part: f"{type(part).__module__}.{type(part).__qualname__}", _PLAIN)))


def structure(module: nn.Module) -> int:
    """A number that changes when a module is replaced, added or switched, or the shape of a weight changes.

    Values of weights do not count, nor where they lie and in which number format: they are read in each pass. Takes
    a third of a millisecond of ViT-B.
    """
    return hash(tuple(_parts(module, id, (bool, str))))


def _parts(module: nn.Module, mark: Callable[[nn.Module], object], kinds: tuple[type, ...]) -> list[object]:
    marks: list[object] = []  # and no generator: every call of `explain` waits for this
    visited: set[int] = set()
    todo = [module]
    while todo:
        part = todo.pop()
        if id(part) in visited:
            continue
        visited.add(id(part))
        marks.append(mark(part))
        for name, value in part.__dict__.items():
            if type(value) in kinds and name not in _PASSING:
                marks.append(repr(value))
            elif name == "forward":  # another one than its class's
                marks.append(mark(value))
        marks += [None if weight is None else tuple(weight.shape) for weight in part._parameters.values()]
        todo += [inner for inner in part._modules.values() if inner is not None]
    return marks
