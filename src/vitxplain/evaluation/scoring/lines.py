"""Lines of JSON that grow while a program works: appended whole, forced to the disk, and read back after any end."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from vitxplain.errors import OutputError, UsageError
from vitxplain.escape import utf8
from vitxplain.files.disk import to_disk
from vitxplain.files.opening import open_file
from vitxplain.files.paths import exists
from vitxplain.files.reading import reading
from vitxplain.files.watch import Watch

SYNC_EVERY: Final = 1.0  # seconds between two forced writes to the disk
_BLOCK: Final = 2**16  # bytes in which the end of a file is looked for
Value = TypeVar("Value")


class GrowingLines:
    """A file to which lines are added. What a power cut may lose of it are the lines of the last second."""

    def __init__(self, path: Path, what: str) -> None:
        self._path, self._what, self._synced = path, what, 0.0

    def __enter__(self) -> "GrowingLines":
        """Open the file; a line that was cut off when an earlier program ended is removed."""
        new = not exists(self._path)
        self._watch = Watch.of(self._path.parent)
        self._file = self._path.open("ab")
        self._file.truncate(_end_of_lines(self._path))
        if new:
            to_disk(self._path.parent, deep=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._sync()
        self._file.close()

    def add(self, records: Iterable[str]) -> None:
        """Append lines, given without their ends.

        Raises:
            OutputError: the disk is full, or the folder is gone; what was written before stays.
        """
        self._watch.check()
        try:
            self._file.write(utf8("".join(f"{record}\n" for record in records)))
            self._file.flush()
        except OSError as error:
            raise self._refused(error) from error
        if time.monotonic() - self._synced > SYNC_EVERY:
            self._sync()

    def _sync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._refused(error) from error
        self._synced = time.monotonic()

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._what} in {self._path.parent} cannot be written on: {error.strerror or error}. What was written "
            "stays; make room and run the same command again, it goes on from there."
        )


def read_lines(path: Path, read: Callable[[Mapping[str, Any]], Value], take: Callable[[Value], object]) -> int:
    """Hand over what `read` makes of each line; how many are damaged. One that was cut off at the end is none.

    A file system fills with zeros what it had promised and not written when the power went; such lines were cut off.
    """
    damaged = 0
    for line in _lines(path):
        if not line.endswith(b"\n") or not (text := line.strip(b"\0 \r\t\n")):
            continue
        try:
            value = read(json.loads(text))
        except Exception:  # whatever it is, it is not what was written
            damaged += 1
        else:
            take(value)
    return damaged


def _lines(path: Path) -> Iterator[bytes]:
    """One at a time: a file of many images is larger than the memory may be."""
    advice = "give another folder with --out, or --overwrite"
    with reading(path, "a file of scores", advice, UsageError), open_file(path) as file:
        yield from file


def _end_of_lines(path: Path) -> int:
    """How many bytes of a file are whole lines."""
    with open_file(path) as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            if (last := file.read(end - start).rfind(b"\n")) >= 0:
                return start + last + 1
            end = start
    return 0
