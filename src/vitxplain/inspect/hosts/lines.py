"""Lines: what is listed of records, of which only those are read that were not there before."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from vitxplain.errors import DataError
from vitxplain.inspect.index import LeftOut, Line, line_of
from vitxplain.inspect.record_file import read_record

Stamp: TypeAlias = tuple[int, int, int]  # when it was last changed, its size, its number on the disk


class Lines:
    """Remembers of each file the line, and by which stamp it is the same file still."""

    def __init__(self) -> None:
        self._entries: dict[Path, tuple[Stamp, Line | LeftOut]] = {}

    def of(self, paths: Iterable[Path]) -> dict[Path, Line | LeftOut]:
        """The line of each file that is there, or why it is none; what is asked for no more is forgotten."""
        entries = {}
        for path in paths:
            try:
                status = path.stat()
            except OSError:  # gone since it was listed
                continue
            # Looked at before it is read: a file that is replaced meanwhile is read again the next time.
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            entry = self._entries.get(path)
            entries[path] = entry if entry is not None and entry[0] == stamp else (stamp, _read(path))
        self._entries = entries
        return {path: line for path, (_, line) in entries.items()}


def _read(path: Path) -> Line | LeftOut:
    try:
        return line_of(read_record(path))
    except DataError as error:
        return LeftOut(path, str(error))
