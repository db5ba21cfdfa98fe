"""The error of a disk that refuses a write, and syncing a folder to the disk."""

import errno
import os
import shutil
from pathlib import Path

from vitxplain.errors import OutputError
from vitxplain.files.paths import exists

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ROOM = 2**20  # bytes; a disk with less is full for weights


def refused(what: str, path: Path, error: Exception, kept: str) -> OutputError:
    """The error of a write to `path` that failed; `kept` is a sentence on what there still is."""
    if isinstance(error, OutputError):
        return error
    full = getattr(error, "errno", None) in _FULL or "No space left" in str(error) or "File too large" in str(error)
    reason = "the disk is full" if full or _free(path) < _ROOM else f"{type(error).__name__}: {error}"
    return OutputError(f"{what} could not be written to {path}: {reason}. {kept} Free some space and give --resume.")


def to_disk(folder: Path, *, deep: bool = True) -> None:
    """Return when the folder, with all files in it if `deep`, would survive the power going out."""
    for path in (*(folder.rglob("*") if deep else ()), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _free(path: Path) -> int:
    existing = next(folder for folder in (path, *path.absolute().parents) if exists(folder))
    return shutil.disk_usage(existing).free
