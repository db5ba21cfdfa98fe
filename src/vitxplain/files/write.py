"""Files that are either whole or not there: written aside, forced to the disk, renamed."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from vitxplain.errors import OutputError
from vitxplain.files.aside import open_aside, remove_left
from vitxplain.files.paths import exists

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_TOO_LONG = (errno.ENAMETOOLONG,)
_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


def write_together(files: Mapping[Path, bytes | Iterable[bytes | memoryview]]) -> list[Path]:
    """Write the files, folders included; none appears under its name before all are on the disk.

    A large file may come in pieces, so that it need not be put together in memory.

    Raises:
        OutputError: naming the path and the way out. Nothing half-written stays, also after Ctrl-C.
    """
    staged: dict[Path, IO[bytes]] = {}
    path = Path()
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _check_place(path)
            # In the same folder, since renaming is atomic only within one file system.
            file = staged[path] = open_aside(path.parent)
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
            if os.name == "nt":  # which renames no file that is open
                file.close()
        for path, file in staged.items():
            Path(file.name).replace(path)
    except OSError as error:
        raise OutputError(_message(path, error)) from error
    finally:
        for file in staged.values():
            with contextlib.suppress(OSError):
                Path(file.name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                file.close()
    return list(files)


def check_writable(folder: Path) -> None:
    """Raise OutputError, before any work, if nothing can be written there; the folder is not made yet.

    What processes that were killed left half-written in it is removed.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            folder.lstat()  # no folder can have a name this long
        existing = next(path for path in (folder, *folder.absolute().parents) if exists(path))
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"0" * 4096)
            file.flush()
        remove_left(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write to {folder}: {reason}. Give another folder with --out.") from error


def _check_place(path: Path) -> None:
    """Raise OSError where renaming would, but before the first of several is renamed."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(path.lstat().st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _message(path: Path, error: OSError) -> str:
    if error.errno in _FULL:
        reason, way_out = "the disk is full", "free some space or give another folder"
    elif error.errno in _FORBIDDEN:
        reason, way_out = "the folder is read-only", "give another folder or allow writing there"
    elif error.errno in _TOO_LONG:
        reason, way_out = "the name is too long", "give the image a shorter one"
    elif error.errno in _IN_THE_WAY:
        reason, way_out = f"{error.filename or path} is in the way", "give another folder or move it away"
    else:
        reason, way_out = error.strerror or str(error), "give another folder"
    return f"{path} could not be written: {reason}. Nothing half-written is left; {way_out} and run it again."
