"""Checkpoints that are either whole or not there: written aside, forced to the disk, sealed with checksums, renamed."""

import json
import shutil
import zlib
from pathlib import Path

from vitxplain.files.disk import to_disk

SEAL = "complete.json"  # the size and CRC-32 of every other file; written last
_PART = 2**24  # bytes read at once


def staging(folder: Path) -> Path:
    """Where the next checkpoint is written: hidden, and never taken for one."""
    return folder / ".writing"


def publish(written: Path, folder: Path, *, keep: int) -> Path:
    """Seal what was written aside and give it its name in `folder`; only it and the `keep` - 1 before it stay.

    Raises:
        OSError: the disk is full, or refuses.
    """
    files = sorted(path for path in written.rglob("*") if path.is_file())
    seal = {str(path.relative_to(written)): [path.stat().st_size, _checksum(path)] for path in files}
    (written / SEAL).write_text(json.dumps(seal), encoding="utf-8")
    to_disk(written)
    target = folder / written.name
    if target.exists():  # of a run that went on from an earlier one, because this one was damaged
        shutil.rmtree(target)
    written.replace(target)
    to_disk(folder, deep=False)
    earlier = [one for one in _numbered(folder) if step_of(one) <= step_of(target)]  # later ones were damaged
    for old in {*_numbered(folder)} - {*earlier[:keep]}:
        (old / SEAL).unlink(missing_ok=True)  # half-removed, it is no checkpoint any more
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(folder: Path) -> Path | None:
    """The latest whole checkpoint, if there is one."""
    return next((one for one in _numbered(folder) if is_whole(one)), None)


def damaged(folder: Path, after: Path | None) -> list[Path]:
    """What is named like a checkpoint, is later than `after`, and is none."""
    return [one for one in _numbered(folder) if after is None or step_of(one) > step_of(after)]


def is_whole(checkpoint: Path) -> bool:
    """Whether every file is there as it was written."""
    try:
        seal = json.loads((checkpoint / SEAL).read_text(encoding="utf-8"))
        return all(_is_as_sealed(checkpoint / name, *facts) for name, facts in seal.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def step_of(checkpoint: Path) -> int:
    """After how many steps it was written."""
    return int(checkpoint.name.rpartition("-")[2])


def _is_as_sealed(path: Path, size: int, checksum: int) -> bool:
    return path.stat().st_size == size and _checksum(path) == checksum


def _numbered(folder: Path) -> list[Path]:
    """Newest first."""
    found = [path for path in folder.glob("checkpoint-*") if path.name.rpartition("-")[2].isdecimal()]
    return sorted(found, key=step_of, reverse=True)


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while part := file.read(_PART):
            checksum = zlib.crc32(part, checksum)
    return checksum
