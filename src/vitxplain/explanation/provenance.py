"""Where an explanation comes from: which weights, which versions."""

from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from vitxplain.files.opening import open_file
from vitxplain.files.paths import is_folder, user_path
from vitxplain.models.vision_model import VisionModel
from vitxplain.models.weight_hash import weight_hash

LIBRARIES = ("vitxplain", "torch", "transformers", "captum")


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
    return facts | {"sha256": weight_hash(model.module) or _sha256_of_folder(user_path(model.source))}


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
