"""Served: what a server gives the viewer of the recordings below some folders, and nothing else of them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vitxplain.errors import DataError
from vitxplain.files.documents import read_text
from vitxplain.files.opening import open_file
from vitxplain.inspect.hosts.lines import Lines
from vitxplain.inspect.index import LeftOut, Line, index_of, run_of
from vitxplain.inspect.page import BUNDLE
from vitxplain.inspect.recording import record_files

_PIECE: Final = 2**18  # bytes
_RANGE: Final = re.compile(r"bytes=(\d{1,18})-(\d{1,18})?")
# What is sent is text and numbers that a page reads; no browser is to take it for a page of its own.
_HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}


@dataclass(frozen=True)
class Answer:
    """What is sent: a status of HTTP, headers, and the body in pieces."""

    status: int
    content_type: str
    body: Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def text(cls, status: int, content: str, content_type: str = "text/plain; charset=utf-8") -> "Answer":
        """One that is held in memory."""
        encoded = content.encode()
        return cls(status, content_type, iter([encoded]), {**_HEADERS, "Content-Length": str(len(encoded))})


class Served:
    """The recordings below folders, which may grow while they are looked at.

    A record is asked for by the id that the index lists it by; any other name, whatever lies there, is not found.
    """

    def __init__(self, folders: Callable[[], Mapping[str, Path]], run: Callable[[Path, Path], str] = run_of) -> None:
        """The recordings below these folders.

        Args:
            folders: gives those there are by now, each with a name that its ids begin with; "" for one alone.
            run: names the run of a record, given its folder of those and its file.
        """
        self._folders, self._run = folders, run
        self._listed: dict[str, Path] = {}
        self._lines = Lines()

    def is_empty(self) -> bool:
        """Whether there is no record."""
        return not self._list()

    def index(self) -> Answer:
        """The records of all folders, and the files that are none, as JSON."""
        listings = self._files()
        lines = self._lines.of(folder / file for _, folder, files in listings for file in files)
        parts = [_named(name, self._index(folder, files, lines)) for name, folder, files in listings]
        index = {key: [entry for part in parts for entry in part[key]] for key in ("records", "left_out")}
        return Answer.text(200, json.dumps(index, allow_nan=False), "application/json")

    def record(self, identity: str, ranges: str | None) -> Answer:
        """A record's bytes: all of them, or those of one range as HTTP's header of that name asks for them."""
        path = self._listed.get(identity) or self._list().get(identity)
        if path is None:
            return Answer.text(404, "There is no such record.")
        try:
            with open_file(path) as file:
                size = file.seek(0, 2)
        except OSError:
            return Answer.text(404, "The record is not there any more.")
        start, end = _span(ranges, size)
        if start >= end:
            return Answer.text(416, f"The record has {size} bytes.")
        headers = {**_HEADERS, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
        if ranges is None:
            return Answer(200, "application/octet-stream", _pieces(path, 0, size), headers)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        return Answer(206, "application/octet-stream", _pieces(path, start, end), headers)

    def viewer(self) -> Answer:
        """The viewer itself, a module of JavaScript."""
        return Answer.text(200, read_text(BUNDLE), "text/javascript; charset=utf-8")

    def _index(self, folder: Path, files: Sequence[str], lines: Mapping[Path, Line | LeftOut]) -> Mapping[str, Any]:
        """The index of one folder."""
        read = [lines[folder / file] for file in files if folder / file in lines]
        whole = sorted((line for line in read if isinstance(line, Line)), key=lambda line: line.order)
        return index_of(folder, whole, (line for line in read if isinstance(line, LeftOut)), self._run)

    def _list(self) -> Mapping[str, Path]:
        self._listed = {_id(name, file): folder / file for name, folder, files in self._files() for file in files}
        return self._listed

    def _files(self) -> list[tuple[str, Path, list[str]]]:
        """Of each folder that can be looked into: its name, itself, and the files that may be records."""
        listings = []
        for name, folder in self._folders().items():
            try:
                listings.append((name, folder, record_files(folder)))
            except DataError:  # not made yet, or forbidden: a log folder often is named before the first run
                continue
        return listings


def _id(name: str, file: str) -> str:
    return f"{name}/{file}" if name else file


def _named(name: str, index: Mapping[str, list[dict[str, Any]]]) -> Mapping[str, list[dict[str, Any]]]:
    """An index whose ids, files and runs begin with the name of their folder."""
    if not name:
        return index
    records = [
        {
            **record,
            "id": _id(name, record["id"]),
            "run": name if record["run"] in ("", ".") else f"{name}/{record['run']}",
        }
        for record in index["records"]
    ]
    return {"records": records, "left_out": [{**one, "file": _id(name, one["file"])} for one in index["left_out"]]}


def _span(ranges: str | None, size: int) -> tuple[int, int]:
    """From which byte to before which; an empty one where the header cannot be met."""
    if ranges is None:
        return 0, size
    match = _RANGE.fullmatch(ranges.strip())
    if match is None:
        return 0, 0
    return int(match[1]), size if match[2] is None else min(int(match[2]) + 1, size)


def _pieces(path: Path, start: int, end: int) -> Iterator[bytes]:
    with open_file(path) as file:
        file.seek(start)
        while start < end and (piece := file.read(min(_PIECE, end - start))):
            start += len(piece)
            yield piece
