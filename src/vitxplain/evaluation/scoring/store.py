"""Store: the scores of an evaluation, in memory and in a folder, where a later run goes on with them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from vitxplain.errors import OutputError, UsageError
from vitxplain.evaluation.scoring.fingerprint import first_clash, joined
from vitxplain.evaluation.scoring.map_scores import Key, MapScores, read
from vitxplain.files.documents import read_object
from vitxplain.files.reading import reading
from vitxplain.files.write import check_writable, write_together
from vitxplain.processes import in_one_process

FINGERPRINT = "asked.json"
THRESHOLDS = "thresholds.json"


class Store:
    """Scores by map. With a folder every batch is on disk before the next one begins."""

    def __init__(self, folder: Path | None, process: int = 0) -> None:
        self._folder, self._process = folder, process
        self._map_scores: dict[Key, MapScores] = {}
        self._file: IO[bytes] | None = None

    def begin(self, fingerprint: Mapping[str, Any], *, overwrite: bool) -> None:
        """Find what an earlier run left, if it was asked the same.

        Raises:
            UsageError: the folder holds scores of other data, of another model, or of a method or metric with other
                options.
            OutputError: nothing can be written there.
        """
        if self._folder is not None:
            folder = self._folder
            in_one_process(lambda: _claim(folder, fingerprint, overwrite=overwrite))
            self._map_scores = read(folder)

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

    def missing(self, model: str, method: str, image: str, metrics: Iterable[str]) -> list[str]:
        """The metrics that are not known of this map."""
        map_score = self._map_scores.get((model, method, image))
        return [metric for metric in metrics if map_score is None or metric not in map_score.scores]

    def add(self, map_scores: Sequence[MapScores]) -> None:
        """Keep them, on disk too.

        Raises:
            OutputError: the disk is full or went away; what was written before stays.
        """
        for map_score in map_scores:
            earlier = self._map_scores.get(map_score.key)
            self._map_scores[map_score.key] = earlier.joined(map_score) if earlier else map_score
        if self._file and map_scores:
            try:
                self._file.write("".join(map_score.as_json() + "\n" for map_score in map_scores).encode())
                self._file.flush()
            except OSError as error:
                raise OutputError(
                    f"the scores in {self._folder} cannot be written on: {error.strerror or error}. What was written "
                    "stays; make room and run the same command again, it goes on from there."
                ) from error

    def map_scores(self) -> dict[Key, MapScores]:
        """All that is known, of other processes too."""
        return read(self._folder) if self._folder else dict(self._map_scores)


def _claim(folder: Path, fingerprint: Mapping[str, Any], *, overwrite: bool) -> None:
    """Write down what is asked, beside what was asked before if that goes together."""
    check_writable(folder)
    note = folder / FINGERPRINT
    if overwrite:
        for file in (note, folder / THRESHOLDS, *folder.glob("scores-*.jsonl")):
            file.unlink(missing_ok=True)
    before = _before(note)
    if clash := before and first_clash(before, fingerprint):
        raise UsageError(
            f"{folder} holds scores of {clash[0]}; now it is {clash[1]}. Give another folder with --out, or "
            "--overwrite to forget them."
        )
    write_together(
        {note: (json.dumps(joined(before or {}, fingerprint), indent=1, ensure_ascii=False) + "\n").encode()}
    )


def _before(note: Path) -> dict[str, Any] | None:
    if not note.exists():
        return None
    with reading(note, "what an evaluation wrote", "give another folder with --out, or --overwrite", UsageError):
        return read_object(note)
