"""A .pth file that a library publishes: fetched, checked by the hash in its name, and looked through for code."""

import hashlib
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlparse
from zipfile import is_zipfile

from vitxplain.errors import ModelLoadError, reason
from vitxplain.files.paths import is_file

HASHED: Final = re.compile(r"-([a-f0-9]{8,})\.")  # resnet18-f37072fd.pth: the first digits of its SHA-256


def published_file(source: str, url: str) -> Path:
    """Where torch.hub keeps the file of this address; it is fetched if it is not there.

    A file that lies there may come from anybody, so it is checked each time: its hash, where its name carries one, and
    that it holds tensors alone. The library opens pickles with all they ask for, and may do so after this.

    Raises:
        ModelLoadError: it cannot be fetched, is not the published one, or would run code when opened.
    """
    from torch import hub

    file = Path(hub.get_dir()) / "checkpoints" / Path(urlparse(url).path).name
    hashed = HASHED.search(file.name)
    if not is_file(file):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            hub.download_url_to_file(url, str(file), hashed[1] if hashed else None)
        except (OSError, RuntimeError) as error:  # a RuntimeError: the hash of what came is another
            raise ModelLoadError(f"the weights of {source} could not be fetched from {url} ({error}).") from error
    remedy = f"delete it, and it is fetched again from {url}"
    if hashed and not _sha256(file).startswith(hashed[1]):
        raise ModelLoadError(f"{file} is not the file that was published (its hash is another); {remedy}.")
    check_tensors_only(file, remedy)
    return file


def check_tensors_only(file: Path, remedy: str) -> None:
    """Raises:
    ModelLoadError: the file is no pickle of tensors alone, so that opening it could run code.
    """
    import torch

    try:
        torch.load(file, map_location="meta", weights_only=True, mmap=is_zipfile(file))
    except Exception as error:  # whatever a pickle of any content meets
        raise ModelLoadError(
            f"{file} is no file of tensors alone and is not opened, since it could run code ({reason(error, 160)}); "
            f"{remedy}."
        ) from error


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
