"""The scores of one evaluation: in memory, and in a folder that a killed run finds again."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from vitxplain.errors import OutputError, UsageError
from vitxplain.evaluation.lines import Line, read
from vitxplain.writing import check_writable, write_together

ASKED = "asked.json"


class Store:
    """Lines by map. With a folder every batch is on disk before the next one begins."""

    def __init__(self, folder: Path | None, process: int = 0) -> None:
        self._folder, self._process = folder, process
        self._known: dict[tuple[str, str, str], Line] = {}
        self._file: IO[bytes] | None = None

    def begin(self, asked: Mapping[str, Any], *, overwrite: bool) -> None:
        """Find what an earlier run left, if it was asked the same.

        Raises:
            UsageError: the folder holds scores of other data, or of a method or metric with other options.
            OutputError: nothing can be written there.
        """
        if self._folder is None:
            return
        check_writable(self._folder)
        note = self._folder / ASKED
        if overwrite:
            for file in (note, *self._folder.glob("scores*.jsonl")):
                file.unlink(missing_ok=True)
        if note.is_file():
            before = json.loads(note.read_text(encoding="utf-8"))
            if clash := _clash(before, asked):
                raise UsageError(
                    f"{self._folder} holds scores with {clash[0]}, and now it is {clash[1]}. Give another folder with "
                    "--out, or --overwrite to forget them."
                )
            asked = _merged(before, asked)
            self._known = read(self._folder)
        if self._process == 0:
            write_together({note: (json.dumps(asked, indent=1, ensure_ascii=False) + "\n").encode()})

    def __enter__(self) -> "Store":
        if self._folder is not None:
            path = self._folder / f"scores-{self._process}.jsonl"
            self._file = path.open("ab")
            whole = path.read_bytes().rfind(b"\n") + 1
            self._file.truncate(whole)  # a line cut off when an earlier run was killed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    def missing(
        self, model: str, methods: Sequence[str], image: str, metrics: Mapping[str, Any]
    ) -> dict[str, list[str]]:
        """For each method the metrics that are not known of this image."""
        lines = {method: self._known.get((model, method, image)) for method in methods}
        return {
            method: [metric for metric in metrics if line is None or metric not in line.scores]
            for method, line in lines.items()
        }

    def add(self, lines: Sequence[Line]) -> None:
        """Keep them, on disk too.

        Raises:
            OutputError: the disk is full or went away; what was written before stays.
        """
        for line in lines:
            known = self._known.get(line.key)
            self._known[line.key] = known.joined(line) if known else line
        if self._file and lines:
            try:
                self._file.write("".join(line.as_json() + "\n" for line in lines).encode())
                self._file.flush()
            except OSError as error:
                raise OutputError(
                    f"the scores in {self._folder} cannot be written on: {error.strerror or error}. What was written "
                    "stays; make room and run the same command again, it goes on from there."
                ) from error

    def lines(self) -> list[Line]:
        """All that is known, of other processes too."""
        return list((read(self._folder) if self._folder else self._known).values())


def _clash(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, str] | None:
    """What was otherwise, then and now."""
    if before["data"] != now["data"]:
        told = [f"{one['images']} images of {one['name']} ({one['split']})" for one in (before["data"], now["data"])]
        return told[0], told[1]
    pairs = [(before["metrics"], now["metrics"])]
    pairs += [(before["methods"][model], now["methods"][model]) for model in before["methods"].keys() & now["methods"]]
    for old, new in pairs:
        for name in sorted(old.keys() & new.keys()):
            if old[name] != new[name]:
                return old[name], new[name]
    return None


def _merged(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    methods = {
        model: {**before["methods"].get(model, {}), **now["methods"].get(model, {})}
        for model in [*before["methods"], *(one for one in now["methods"] if one not in before["methods"])]
    }
    return {**now, "metrics": {**before["metrics"], **now["metrics"]}, "methods": methods}
