"""One writer a folder: the first who writes there locks it, and the next is told who that is."""

import errno
import json
import os
import shlex
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from vitxplain.errors import OutputError, UsageError
from vitxplain.files.aside import remove_left
from vitxplain.files.documents import read_object
from vitxplain.files.paths import exists, is_folder
from vitxplain.files.watch import Watch
from vitxplain.files.write import check_writable

LOCK: Final = ".vitx.lock"  # held while its writer lives, whatever ends it; the file itself says nothing
WRITER: Final = ".vitx.writer.json"
_NO_LOCKS: Final = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL, errno.EIO)
_LONGEST: Final = 200  # characters of a command


@contextmanager
def writer_lock(folder: Path) -> Iterator[Watch]:
    """Meanwhile no other process, on this machine or one that shares the disk, writes into the folder.

    The folder is made where there is none, and goes again if nothing was written. What a process that was killed leaves
    locks nothing. Where the disk knows no locks a warning says so.

    Raises:
        UsageError: somebody writes there.
        OutputError: nothing can be written there.
    """
    if exists(folder) and not is_folder(folder):
        raise OutputError(f"{folder} is a file; give another folder with --out.")
    check_writable(folder)
    made = [path for path in (folder, *folder.parents) if not exists(path)]
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        _make(folder)
        _acquire(lock, folder)
        try:
            remove_left(folder, deep=True)
            watch = Watch.of(folder)
            try:
                yield watch
            except Exception:
                watch.check()  # of a folder that is gone that is what is wrong
                raise
            watch.check()
        finally:
            for name in (WRITER, LOCK):
                with suppress(OSError):  # the folder may be gone
                    (folder / name).unlink()
            lock.release(force=True)
    finally:
        for path in made:
            with suppress(OSError):  # something was written
                path.rmdir()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror or error}. Give another folder.") from error


def _acquire(lock: FileLock, folder: Path) -> None:
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"{_writer(folder)} is writing into {folder}. Wait until that has ended, or give another folder with --out."
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise OutputError(f"{folder} cannot be locked: {error.strerror or error}. Give another folder.") from error
        warnings.warn(
            f"the disk of {folder} knows no locks ({error.strerror}): see to it that nothing else "
            "writes there meanwhile.",
            stacklevel=4,
        )
    facts = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).astimezone().isoformat(" ", "seconds"),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])[:_LONGEST],
    }
    with suppress(OSError):  # only words for others
        (folder / WRITER).write_text(json.dumps(facts) + "\n", encoding="utf-8")


def _writer(folder: Path) -> str:
    """Who holds the lock, as the subject of a sentence; what is read may be of one that was killed before."""
    try:
        facts: Any = read_object(folder / WRITER)
        process, host, since, command = (facts[name] for name in ("process", "host", "since", "command"))
        if host != socket.gethostname() or _lives(int(process)):
            return f"process {int(process)} on {host} (`{command}`, since {since})"
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        pass
    return "another process"


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True
