"""Fingerprint: a number of everything that what a probe finds depends on; none where that cannot be known."""

import pickle
import sys
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from io import RawIOBase
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn

import vitxplain
from vitxplain.models.objects.libraries import configuration
from vitxplain.models.weight_hash import tensor_bytes, weight_hash

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

# Whose code is known by its version. What other code does may change with files that nobody can name from here.
_LIBRARIES: Final = ("torch", "transformers", "timm", "torchvision", "numpy", "vitxplain")
_OWN_FOLDERS: Final = ("models", "capture", "tasks")  # of vitxplain, where probing is


class UnknownCodeError(Exception):
    """A part of a model is made of code that has no version, or of none that can be found again."""


def fingerprint(model: "VisionModel", size: tuple[int, int]) -> str | None:
    """Of the module and all it is made of, how it is called, the input size and the versions of the code that ran.

    It is the hash of the model's pickle, which is all that a spawned process has of it, with the values of tensors,
    and of each source file that a class or function comes from what Python itself tells by whether it changed.

    None where the model does not pickle, or consists of other code than the libraries' own: remote code, classes of
    the user's, functions put in the place of others.
    """
    try:
        weights = weight_hash(model.module, anew=True)
        if weights is None:
            return None
        digest = _Digest()
        held = {id(tensor): name for name, tensor in model.module.state_dict(keep_vars=True).items()}
        facts = (
            weights,
            _code(),
            model.module,
            _attention_function(model.module),
            (model.task, model.inputs, model.stated_grid),
            (str(model.device), str(model.dtype), model.processor.channels, size),
            (str(torch.get_default_dtype()), torch.is_autocast_enabled(model.device.type)),
        )
        _Pickler(digest, held).dump(facts)
    except Exception:  # whatever a class's own pickling raises, or a file that is not there
        return None
    return digest.hash.hexdigest()


class _Digest(RawIOBase):
    """A file whose content is only hashed."""

    def __init__(self) -> None:
        self.hash = sha256()

    def write(self, content: Any) -> int:
        self.hash.update(content)
        return len(content)


class _Pickler(pickle.Pickler):
    """Puts what tells them apart in the place of tensors, sets, classes and functions."""

    def __init__(self, file: Any, held: Mapping[int, str]) -> None:
        super().__init__(file, protocol=4)
        self._held = held  # names of the tensors whose values were hashed before, by identity

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, Tensor):
            facts = (type(thing).__name__, str(thing.dtype), tuple(thing.shape), thing.stride(), thing.requires_grad)
            held = self._held.get(id(thing))
            return ("tensor", *facts, held or sha256(tensor_bytes(thing.detach())).hexdigest())
        if isinstance(thing, (set, frozenset)):  # in no order
            if not all(type(one) in (str, int) for one in thing):
                raise UnknownCodeError(f"a set of others than texts and numbers: {thing!r}")
            return ("set", sorted(map(repr, thing)))
        if isinstance(thing, (type, FunctionType, BuiltinFunctionType)):
            return ("code", *_origin(thing))
        return None


def _origin(code: Any) -> tuple[object, ...]:
    """The module and name of a class or function, and its file's time and size.

    Raises:
        UnknownCodeError: no library's, or not what its module has under that name.
    """
    library = str(code.__module__).partition(".")[0]
    holder: Any = sys.modules.get(code.__module__)
    for name in code.__qualname__.split("."):
        holder = getattr(holder, name, None)
    if holder is not code or (library not in _LIBRARIES and library not in sys.stdlib_module_names):
        raise UnknownCodeError(f"{code.__module__}.{code.__qualname__}")
    if isinstance(code, type) and issubclass(code, nn.Module):
        run = code.forward  # perhaps put there by somebody else
        if str(run.__module__).partition(".")[0] not in _LIBRARIES:
            raise UnknownCodeError(f"{code.__qualname__}.forward is {run.__module__}.{run.__qualname__}")
    return (code.__module__, code.__qualname__, *_state(code.__module__))


@cache
def _state(module: str) -> tuple[int, int]:
    """When the file of a module was written and how large it is; zeros of one that is compiled or built in."""
    file = getattr(sys.modules[module], "__file__", None)
    if file is None:
        return (0, 0)
    status = Path(file).stat()
    return (status.st_mtime_ns, status.st_size)


@cache
def _code() -> tuple[object, ...]:
    """Versions of libraries, and the state of the files that probing itself is made of."""
    package = Path(str(vitxplain.__file__)).parent
    files = sorted(path for folder in _OWN_FOLDERS for path in (package / folder).rglob("*.py"))
    states = [(str(path.relative_to(package)), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    loaded = [name for name in _LIBRARIES if name in sys.modules]
    return (sys.version, tuple((name, version(name)) for name in loaded), tuple(states))


def _attention_function(module: nn.Module) -> Any:
    """The function that a model of transformers has registered for its attention: any may be put there by name."""
    config = configuration(module)
    if config is None:
        return None
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    name = config._attn_implementation
    return ALL_ATTENTION_FUNCTIONS.get(name, name)
