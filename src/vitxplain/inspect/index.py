"""The index that the viewer lists: a line a record, and of each file that is none the reason."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitxplain.inspect.record_file import Record


@dataclass(frozen=True)
class Line:
    """What is listed of one record; kilobytes less than the record's facts."""

    path: Path
    name: str
    step: int
    model: str
    task: str
    width: int
    height: int
    written: str

    @property
    def order(self) -> tuple[Path, int, str]:
        """Records stand by run, step and name."""
        return self.path.parent, self.step, self.name


@dataclass(frozen=True)
class LeftOut:
    """A file that is no whole record, and why."""

    path: Path
    why: str


def line_of(record: Record) -> Line:
    """What is listed of a record."""
    facts, picture = record.facts, record.facts["picture"]
    size = picture["width"], picture["height"]
    return Line(record.path, record.name, record.step, facts["model"], facts["task"], *size, facts["written"]["time"])


def id_of(folder: Path, path: Path) -> str:
    """What a record is called by: its file below the folder."""
    return path.relative_to(folder).as_posix()


def run_of(folder: Path, path: Path) -> str:
    """The run that a record is of: its folder below this one, "." for this one itself."""
    return path.parent.parent.relative_to(folder).as_posix()


def index_of(
    folder: Path, lines: Sequence[Line], left_out: Iterable[LeftOut], run: Callable[[Path, Path], str] = run_of
) -> dict[str, Any]:
    """The index of a folder, as JSON takes it; `run` names the run of a record in it."""
    several = len({line.path.parent for line in lines}) > 1
    return {
        "records": [
            {
                "id": id_of(folder, line.path),
                "name": line.name,
                "step": line.step,
                "run": run(folder, line.path) if several else "",
                "model": line.model,
                "task": line.task,
                "width": line.width,
                "height": line.height,
                "written": line.written,
            }
            for line in lines
        ],
        "left_out": [{"file": id_of(folder, file.path), "why": file.why} for file in left_out],
    }
