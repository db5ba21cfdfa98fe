"""Store: the scores of an evaluation, in memory and in a folder, where a later run goes on with them."""

import json
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from vitxplain.errors import UsageError
from vitxplain.escape import utf8
from vitxplain.evaluation.kept_lines import KeptLines
from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.scoring.fingerprint import first_clash, joined
from vitxplain.evaluation.scoring.lines import GrowingLines
from vitxplain.evaluation.scoring.map_scores import MAP, Key, MapScores, keep, kept, read, scores_of
from vitxplain.evaluation.scoring.stored_answers import IMAGE, answer_of, read_answers
from vitxplain.files.documents import read_object
from vitxplain.files.paths import exists
from vitxplain.files.reading import reading
from vitxplain.files.watch import Watch, check_there
from vitxplain.files.write import write_together
from vitxplain.files.writer_lock import writer_lock
from vitxplain.processes import in_one_process, shared_state

FINGERPRINT = "asked.json"
NOTE = ("what an evaluation wrote", "give another folder with --out, or --overwrite")
THRESHOLDS = "thresholds.json"


@contextmanager
def one_writer(folder: Path | None) -> Iterator[None]:
    """Meanwhile no other command writes scores into the folder; of several processes the main one holds the lock.

    Raises:
        UsageError: another one does.
        OutputError: nothing can be written there.
    """
    with ExitStack() as stack:
        if folder is not None:

            def lock() -> None:
                stack.enter_context(writer_lock(folder))

            in_one_process(lock)
        yield


class Store:
    """Scores by map, none of them in memory. With a folder every batch is in it before the next one begins."""

    def __init__(self, folder: Path | None, process: int = 0) -> None:
        self._folder, self._process = folder, process
        self._map_scores: KeptLines[Key] = KeptLines(len(MAP))
        self._answers: KeptLines[tuple[str, str]] = KeptLines(len(IMAGE))
        self._answer_file: GrowingLines | None = None
        self._watch: Watch | None = None
        self._file: GrowingLines | None = None

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
            self._watch = Watch.of(folder)
            damaged = _say_damaged if self._process == 0 else lambda _file, _count: None
            self._map_scores, self._answers = read(folder, damaged), read_answers(folder, damaged)

    def __enter__(self) -> "Store":
        if self._folder is not None:
            self._file = GrowingLines(self._folder / f"scores-{self._process}.jsonl", "the scores").__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._answer_file, self._file):
            if file:
                file.__exit__(kind, error, trace)

    def missing(self, key: Key, metrics: Iterable[str]) -> list[str]:
        """The metrics that are not known of this map."""
        map_score = kept(self._map_scores, key)
        return [metric for metric in metrics if map_score is None or metric not in map_score.scores]

    def add(self, map_scores: Sequence[MapScores]) -> None:
        """Keep them, on disk too.

        Raises:
            OutputError: the disk is full, or the folder is gone; what was written before stays.
        """
        for map_score in map_scores:
            keep(self._map_scores, map_score)
        if self._file and map_scores:
            self._file.add(map_score.as_json() for map_score in map_scores)

    def answer(self, model: str, image: str) -> ImageAnswer | None:
        """What the model found in an image, if that is known."""
        line = self._answers.get((model, image))
        return None if line is None else answer_of(line)

    def add_answer(self, answer: ImageAnswer) -> None:
        """Keep it, on disk too; raises as `add`."""
        if self.answer(answer.model, answer.image) == answer:
            return
        self._answers.put((answer.model, answer.image), answer.as_json())
        if self._folder is not None:
            if self._answer_file is None:
                file = GrowingLines(self._folder / f"found-{self._process}.jsonl", "what was found")
                self._answer_file = file.__enter__()
            self._answer_file.add([answer.as_json()])

    def known(self, methods: Sequence[tuple[str, str]]) -> Collection[MapScores]:
        """What this process knows of these models and methods: its own scores, and those of earlier runs."""
        return self._map_scores.parts(methods, scores_of)

    def answers(self) -> Collection[ImageAnswer]:
        """All that is known, of other processes too."""
        return (read_answers(self._folder) if self._folder else self._answers).parts([()], answer_of)

    def map_scores(self, methods: Sequence[tuple[str, str]]) -> Collection[MapScores]:
        """All that is known of these models and methods, of other processes too, in an order that no process changes.

        Raises:
            OutputError: the folder is gone.
        """
        if self._watch:
            self._watch.check()
        if self._folder is None or shared_state().num_processes == 1:  # what others wrote earlier was read in `begin`
            return self.known(methods)
        return read(self._folder).parts(methods, scores_of)


def _claim(folder: Path, fingerprint: Mapping[str, Any], *, overwrite: bool) -> None:
    """Write down what is asked, beside what was asked before if that goes together."""
    check_there(folder)
    note = folder / FINGERPRINT
    if overwrite:
        for file in (note, folder / THRESHOLDS, *folder.glob("scores-*.jsonl"), *folder.glob("found-*.jsonl")):
            file.unlink(missing_ok=True)
    before = _before(note)
    with reading(note, *NOTE, UsageError):  # it may be JSON of something else
        clash, together = before and first_clash(before, fingerprint), joined(before or {}, fingerprint)
    if clash:
        raise UsageError(
            f"{folder} holds scores of {clash[0]}; now it is {clash[1]}. Give another folder with --out, or "
            "--overwrite to forget them."
        )
    write_together({note: utf8(json.dumps(together, indent=1, ensure_ascii=False) + "\n")})


def _before(note: Path) -> dict[str, Any] | None:
    if not exists(note):
        return None
    with reading(note, *NOTE, UsageError):
        return read_object(note)


def _say_damaged(file: Path, count: int) -> None:
    lines = "1 line is" if count == 1 else f"{count:,} lines are"
    warnings.warn(f"{file}: {lines} damaged; those maps are scored again.", stacklevel=3)
