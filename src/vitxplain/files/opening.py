"""The one place where a file of the user is opened: a plain file or none, and no more of it than is asked for."""

import errno
import os
import stat
from io import BufferedReader
from os import PathLike
from typing import Final

MOST_BYTES: Final = 64 * 2**20  # of a file that is read whole and is no picture: tables, annotations, configurations

_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)  # opening a pipe waits for its writer
_KINDS: Final = (
    (stat.S_ISDIR, errno.EISDIR, "it is a folder, not a file"),
    (stat.S_ISFIFO, errno.EINVAL, "it is a named pipe, not a file; save what comes through it as a file"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket, not a file"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device, not a file"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device, not a file"),
)


def open_file(path: str | PathLike[str]) -> BufferedReader:
    """The file, to be read and closed; never waits, whatever lies there.

    Raises:
        OSError: it is not there, may not be read, or is a pipe, a device, a socket or a folder; `strerror` says which.
    """
    return open(path, "rb", opener=_opened)


def read_bytes(path: str | PathLike[str], most: int = MOST_BYTES) -> bytes:
    """All of a file of `most` bytes or fewer.

    Raises:
        OSError: as for `open_file`, or it is larger.
    """
    with open_file(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most / 2**20:,.0f} MiB", str(path))
    return content


def check_file(path: str | PathLike[str]) -> None:
    """Raise OSError as `open_file` does, for a library that opens the file itself."""
    open_file(path).close()


def is_special(path: str | PathLike[str]) -> bool:
    """Whether something is there that is neither a file nor a folder: a pipe, a device or a socket."""
    try:
        if isinstance(path, os.DirEntry) and path.is_file():  # known without a call to the system
            return False
        mode = os.stat(path).st_mode  # noqa: PTH116 - takes an entry of a folder as well
    except (OSError, ValueError):  # not there, or a name no file can have
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _opened(path: str, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | _NO_WAIT)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, or a pipe's other end
            raise OSError(errno.EINVAL, "it is a socket or a device, not a file", path) from error
        raise
    mode = os.fstat(descriptor).st_mode
    for is_kind, code, words in _KINDS:
        if is_kind(mode):
            os.close(descriptor)
            raise OSError(code, words, path)
    return descriptor
