"""Where an explanation comes from: which weights, which versions."""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from vitxplain.files.opening import open_file
from vitxplain.files.paths import is_folder, user_path
from vitxplain.models.objects.packed import stored
from vitxplain.models.vision_model import VisionModel

_PLAIN = (nn.Parameter, torch.Tensor)  # those of other kinds hold others inside

LIBRARIES = ("vitxplain", "torch", "transformers", "captum")

_hashes: WeakKeyDictionary[nn.Module, tuple[Any, str]] = WeakKeyDictionary()


def versions() -> dict[str, str]:
    """Of the libraries that decide what a map looks like."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}  # of what is imported: that stays, whatever is installed later


def model_facts(model: VisionModel) -> dict[str, str | None]:
    """The model's id, its class, and what pins its weights: the Hub's commit, else their sha256."""
    facts: dict[str, str | None] = {"id": model.source, "class": type(model.module).__name__}
    if model.revision:
        return facts | {"revision": model.revision}
    return facts | {"sha256": _sha256_of_module(model.module) or _sha256_of_folder(user_path(model.source))}


def _sha256_of_folder(folder: Path) -> str | None:
    """Of the safetensors file a folder holds; of the files' own hashes, sorted by name, where there are several."""
    files = sorted(folder.glob("*.safetensors")) if is_folder(folder) else []
    digests = [_sha256_of_file(path, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    return sha256("".join(digests).encode()).hexdigest() if len(digests) > 1 else next(iter(digests), None)


@lru_cache(maxsize=64)
def _sha256_of_file(path: Path, _modified: int, _size: int) -> str:
    digest = sha256()
    with open_file(path) as file:
        while part := file.read(2**20):
            digest.update(part)
    return digest.hexdigest()


def _sha256_of_module(module: nn.Module) -> str | None:
    """Of the bytes of all parameters and buffers, in their order; None where some lie on disk, by accelerate.

    Hashing ViT-B takes a quarter of a second, so it is done again only when a tensor was replaced or written to.
    """
    hashed, state = _hashes.get(module), _writes(module)
    if hashed is None or state is None or hashed[0] != state:
        tensors = [tensor.detach() for tensor in _tensors(module.state_dict(keep_vars=True).values())]
        if any(tensor.is_meta for tensor in tensors):
            return None
        digest = sha256()
        for tensor in tensors:
            whole = tensor.int_repr() if tensor.is_quantized else tensor
            digest.update(whole.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        hashed = _hashes[module] = (state, digest.hexdigest())
    return hashed[1]


def _writes(module: nn.Module) -> tuple[Any, ...] | None:
    """Where the tensors of a module lie and how often each was written to; None where some of them count no writes.

    A walk of its own: `state_dict` takes longer than everything else an explanation is told with.
    """
    marks: list[Any] = []
    for part in module.modules():
        if type(part)._save_to_state_dict is not nn.Module._save_to_state_dict or part._state_dict_hooks:
            return None  # quantised layers keep their weights where nobody else sees them
        held = [one for one in (*part._parameters.values(), *part._buffers.values()) if one is not None]
        for outer in held:
            for tensor in [outer] if type(outer) in _PLAIN else stored(outer):
                if tensor.is_inference():
                    return None
                marks.append((id(tensor), tensor.data_ptr(), tensor._version))
    return tuple(marks)


def _tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """The tensors among what a module's state holds: quantised layers keep several in a tuple, and number formats."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield from stored(value)
        elif isinstance(value, (tuple, list)):
            yield from _tensors(value)
