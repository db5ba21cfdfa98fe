"""Whole checkpoints: written aside, forced to the disk, sealed with checksums, renamed."""

import json
import shutil
import zlib
from pathlib import Path
from typing import Any

from vitxplain.files.disk import to_disk
from vitxplain.files.documents import expected, read_object
from vitxplain.files.opening import open_file
from vitxplain.files.paths import exists, is_file

SEAL = "complete.json"  # the size and CRC-32 of every other file; written last
_CHUNK = 2**24  # bytes read at once


def staging(folder: Path) -> Path:
    """The hidden folder in which the next checkpoint is written; it never counts as a checkpoint."""
    return folder / ".writing"


def publish(checkpoint: Path, folder: Path, *, keep: int) -> Path:
    """Seal a checkpoint and move it into `folder`; only it and the `keep` - 1 before it stay.

    Raises:
        OSError: the disk is full, or refuses.
    """
    files = sorted(path for path in checkpoint.rglob("*") if is_file(path))
    seal = {str(path.relative_to(checkpoint)): [path.stat().st_size, _checksum(path)] for path in files}
    (checkpoint / SEAL).write_text(json.dumps(seal), encoding="utf-8")
    to_disk(checkpoint)
    target = folder / checkpoint.name
    if exists(target):  # of a run that went on from an earlier one, because this one was damaged
        shutil.rmtree(target)
    checkpoint.replace(target)
    to_disk(folder, deep=False)
    earlier = [other for other in _numbered(folder) if step_of(other) <= step_of(target)]  # later ones were damaged
    for old in {*_numbered(folder)} - {*earlier[:keep]}:
        (old / SEAL).unlink(missing_ok=True)  # half-removed, it is no checkpoint any more
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(folder: Path) -> Path | None:
    """The latest whole checkpoint, if there is one."""
    return next((checkpoint for checkpoint in _numbered(folder) if is_whole(checkpoint)), None)


def damaged(folder: Path, after: Path | None) -> list[Path]:
    """The damaged checkpoints: those later than `after`, which is the newest whole one."""
    return [checkpoint for checkpoint in _numbered(folder) if after is None or step_of(checkpoint) > step_of(after)]


def is_whole(checkpoint: Path) -> bool:
    """Whether every file has the size and checksum of the seal."""
    try:
        seal = read_object(checkpoint / SEAL)
        return all(_is_as_sealed(checkpoint / name, expected(seal, name, list)) for name in seal)
    except (OSError, ValueError, RecursionError):
        return False


def step_of(checkpoint: Path) -> int:
    """The number of training steps after which it was written."""
    return int(checkpoint.name.rpartition("-")[2])


def _is_as_sealed(path: Path, size_and_checksum: list[Any]) -> bool:
    size = path.stat().st_size
    return size_and_checksum[:1] == [size] and size_and_checksum == [size, _checksum(path)]


def _numbered(folder: Path) -> list[Path]:
    """Checkpoints, damaged ones included, newest first."""
    paths = [path for path in folder.glob("checkpoint-*") if path.name.rpartition("-")[2].isdecimal()]
    return sorted(paths, key=step_of, reverse=True)


def _checksum(path: Path) -> int:
    checksum = 0
    with open_file(path) as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
