"""undisturbed: a module made ready for a pass and put back as it was, whatever happens; threads may overlap."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from vitxplain.capture.forks import bookkeeping, counted_pass, undone_in_child
from vitxplain.capture.snapshot.module_state import module_state
from vitxplain.errors import CaptureError
from vitxplain.generators import generators

_CHECKPOINTING = ("gradient_checkpointing", "grad_checkpointing")  # transformers, timm
_VISIBLE = ("sdpa", "eager")  # attention implementations the tap can watch
_Undo: TypeAlias = list[Callable[[], Any]]


@dataclass
class _Borrowed:
    """How many passes use something now, and what puts it back after the last of them."""

    passes: int = 0
    undo: _Undo = field(default_factory=list)


_modules: "WeakKeyDictionary[nn.Module, _Borrowed]" = WeakKeyDictionary()
_compiler = _Borrowed()  # one stance for the whole process, whatever thread or module asks


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """Evaluation mode, no gradient checkpointing, visible attention, no compiled code; all restored on leaving.

    So is what the module's own code changes meanwhile (`module_state`), and the random generators it draws from.

    Raises:
        CaptureError: the model holds TorchScript modules, which nothing can watch, weights of inference mode, which no
            gradient passes, or weights that are still to be made.
    """
    with bookkeeping:
        state = _modules.setdefault(module, _Borrowed())
    with (
        counted_pass(),
        _borrowing(state, partial(_prepare, module)),
        _borrowing(_compiler, _run_eagerly),
        torch.inference_mode(False),
        torch.no_grad(),
    ):
        yield


@contextmanager
def _borrowing(state: _Borrowed, prepare: Callable[[_Undo], None]) -> Iterator[None]:
    """The first pass that comes prepares, the last that leaves undoes."""
    with bookkeeping:
        if state.passes == 0:
            try:
                prepare(state.undo)
            except BaseException:
                _put_back(state)
                raise
        state.passes += 1
    leave = partial(_leave, state)
    try:
        with undone_in_child(leave):
            yield
    finally:
        leave()


def _leave(state: _Borrowed) -> None:
    with bookkeeping:
        state.passes -= 1
        if state.passes == 0:
            _put_back(state)


def _put_back(state: _Borrowed) -> None:
    while state.undo:
        state.undo.pop()()


def _run_eagerly(undo: _Undo) -> None:
    """Compiled modules and functions run as written; where the compiler was never imported nothing is compiled."""
    if "torch._dynamo" in sys.modules:
        stance = torch.compiler.set_stance("force_eager")
        stance.__enter__()
        undo.append(partial(stance.__exit__, None, None, None))


def _prepare(module: nn.Module, undo: _Undo) -> None:
    parts = list(module.modules())  # once: walks through hundreds of modules are what this costs
    if not _can_be_watched(parts):
        raise next(_unfit(name, part) for name, part in module.named_modules() if not _can_be_watched([part]))
    undo += generators()
    undo += module_state(parts)
    for part in parts:
        held = vars(part)
        if part.training:
            undo.append(_setter(part, "training", True))
            part.training = False
        for flag in _CHECKPOINTING:  # looked for in a module without it, an attribute is dear
            if (flag in held or hasattr(type(part), flag)) and getattr(part, flag) is True:
                undo.append(_setter(part, flag, True))
                setattr(part, flag, False)
    _show_attention(parts, undo)


def _can_be_watched(parts: Sequence[nn.Module]) -> bool:
    """Whether none of these is compiled as a script, nor holds tensors that are still to be made or no gradient passes.

    All at once, since modules are hundreds and their kinds a few.
    """
    tensors = _tensors(parts)
    part_of_kind, tensor_of_kind = {type(part): part for part in parts}, {type(tensor): tensor for tensor in tensors}
    return not (
        any(isinstance(part, torch.jit.ScriptModule) for part in part_of_kind.values())
        or any(map(is_lazy, tensor_of_kind.values()))
        or any(tensor.is_inference() for tensor in tensors)
    )


def _tensors(parts: Sequence[nn.Module]) -> list[Tensor]:
    held = [tensor for part in parts for tensors in (part._parameters, part._buffers) for tensor in tensors.values()]
    return [tensor for tensor in held if tensor is not None]


def _unfit(name: str, part: nn.Module) -> CaptureError:
    """Why no pass of a model with this part can be watched."""
    name, kind, tensors = name or "the model", type(part).__name__, _tensors([part])
    if isinstance(part, torch.jit.ScriptModule):
        return CaptureError(
            f"{name} is a TorchScript module ({kind}), whose inside cannot be watched. Give the model before "
            "torch.jit.script or torch.jit.trace."
        )
    if any(map(is_lazy, tensors)):
        return CaptureError(
            f"the weights of {name} ({kind}) are not made yet: load those that were learnt, or run the model once on "
            "an image."
        )
    return CaptureError(
        f"the weights of {name} were made within torch.inference_mode(), so no gradient passes them; make the model "
        "outside it (explaining within it is fine)."
    )


def _show_attention(parts: Sequence[Any], undo: _Undo) -> None:
    """Models of transformers anywhere inside leave flex and flash attention for the fused call that can be watched."""
    implementations = [
        (part, part.config._attn_implementation)
        for part in parts
        if _is_of_transformers(part) and getattr(part.config, "_attn_implementation", None) is not None
    ]
    if all(implementation in _VISIBLE for _, implementation in implementations):
        return
    for part, implementation in reversed(implementations):  # undone outermost first: setting one sets those inside it
        undo.append(partial(part.set_attn_implementation, implementation))
    for part, implementation in implementations:
        if implementation not in _VISIBLE:
            part.set_attn_implementation("sdpa")


def _is_of_transformers(part: nn.Module) -> bool:
    """Whether it is a model whose attention can be switched; a name alone may be anybody's."""
    return hasattr(type(part), "set_attn_implementation") and any(
        base.__module__.partition(".")[0] == "transformers" for base in type(part).__mro__
    )


def _setter(part: nn.Module, name: str, value: bool) -> Callable[[], None]:
    return lambda: setattr(part, name, value)


def ready(tensor: Tensor) -> Tensor:
    """A tensor autograd may use; those born in inference mode are cloned."""
    return tensor.clone() if tensor.is_inference() else tensor
