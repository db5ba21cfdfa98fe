"""The tensors of whatever a model returns, by the path that leads to each ("heads.species"); and outputs by role."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from vitxplain.errors import UsageError
from vitxplain.tasks.base import TaskOutputs

_DEEPEST = 6  # containers within containers; what holds itself ends here


def leaves(raw: Any) -> dict[str, Tensor]:
    """Every tensor in what a model returned, in its order; the path of a lone tensor is empty."""
    return dict(_walk(raw, "", _DEEPEST))


def leaf(raw: Any, path: str) -> Tensor:
    """The tensor at the end of a path.

    Raises:
        UsageError: the model returned none there.
    """
    tensors = leaves(raw)
    if path not in tensors:
        raise UsageError(f"the model returned no output {path!r} this time, but {described(tensors)}.")
    return tensors[path]


def described(tensors: Mapping[str, Tensor]) -> str:
    """Names and shapes, to be read in an error: "features (1, 32), output (1, 5)"."""
    shown = [f"{path or 'a tensor'} {tuple(tensor.shape)}" for path, tensor in tensors.items()]
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    return ", ".join(shown[:8]) + more if shown else "no tensor"


def parts(raw: Any) -> dict[str, Any]:
    """What a container holds, by name or place; empty for what is none."""
    if isinstance(raw, Mapping):
        return {str(name): value for name, value in raw.items()}
    if isinstance(raw, tuple) and hasattr(raw, "_fields"):
        return dict(zip(raw._fields, raw, strict=True))
    if isinstance(raw, (list, tuple)):
        return {str(place): value for place, value in enumerate(raw)}
    if is_dataclass(raw) and not isinstance(raw, type):
        return {field.name: getattr(raw, field.name, None) for field in fields(raw)}
    return dict(vars(raw)) if hasattr(raw, "__dict__") and not callable(raw) else {}


def _walk(raw: Any, path: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if isinstance(raw, Tensor):
        yield path, raw
    elif depth:
        for name, value in parts(raw).items():
            yield from _walk(value, f"{path}.{name}" if path else name, depth - 1)


def in_fp32(outputs: TaskOutputs) -> TaskOutputs:
    """The outputs in single precision, with their graph."""
    return {role: tensor.float() for role, tensor in outputs.items()}


def detached(outputs: TaskOutputs) -> TaskOutputs:
    """The outputs in single precision, without their graph."""
    return {role: tensor.detach().float() for role, tensor in outputs.items()}


def joined(parts: Sequence[TaskOutputs]) -> TaskOutputs:
    """The outputs of several batches as those of one."""
    return {role: torch.cat([part[role] for part in parts]) for role in parts[0]}
