"""Where an explanation comes from: which weights, which versions."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
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

LIBRARIES = ("vitxplain", "torch", "transformers", "captum")

_hashes: WeakKeyDictionary[nn.Module, tuple[Any, str]] = WeakKeyDictionary()


def versions() -> dict[str, str]:
    """Of the libraries that decide what a map looks like."""
    return {name: version(name) for name in LIBRARIES}


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
    tensors = [tensor.detach() for tensor in _tensors(module.state_dict(keep_vars=True).values())]
    if any(tensor.is_meta for tensor in tensors):
        return None
    state = tuple((tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version) for tensor in tensors)
    hashed = _hashes.get(module)
    if hashed is None or hashed[0] != state:
        digest = sha256()
        for tensor in tensors:
            whole = tensor.int_repr() if tensor.is_quantized else tensor
            digest.update(whole.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        hashed = _hashes[module] = (state, digest.hexdigest())
    return hashed[1]


def _tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """The tensors among what a module's state holds: quantised layers keep several in a tuple, and number formats."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield from stored(value)
        elif isinstance(value, (tuple, list)):
            yield from _tensors(value)
