"""Recording: the records of a run, or of all runs below a folder; what is none of them is left out with the reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitxplain.errors import DataError
from vitxplain.files.paths import is_folder, user_path
from vitxplain.files.walk import files_below
from vitxplain.files.write import write_together
from vitxplain.inspect.index import LeftOut, id_of, index_of, line_of, run_of
from vitxplain.inspect.record_file import Record, read_record
from vitxplain.inspect.writer import FOLDER, SUFFIX
from vitxplain.options.extras import check_installed

if TYPE_CHECKING:
    from vitxplain.inspect.inline import Inline
    from vitxplain.inspect.widget import InspectWidget


@dataclass(frozen=True, eq=False)
class Recording:
    """Records by step and name; `left_out` are files that looked like records and are none."""

    folder: Path
    records: tuple[Record, ...] = field(repr=False)
    left_out: tuple[LeftOut, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, key: str | int) -> Record:
        """The latest record of this name, or the one at this place.

        Raises:
            KeyError: there is none of this name.
            IndexError: there are fewer.
        """
        if not isinstance(key, str):
            if not -len(self) <= key < len(self):
                raise IndexError(f"{self.folder} has {len(self)} records; there is none at {key}")
            return self.records[key]
        named = [record for record in self.records if record.name == key]
        if not named:
            raise KeyError(f"{self.folder} has no record of {key!r}; it has {', '.join(self.names) or 'none'}")
        return max(named, key=lambda record: record.step)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the pictures, each once."""
        return tuple(dict.fromkeys(record.name for record in self.records))

    def run_of(self, record: Record) -> str:
        """The run that a record is of: its folder below this one, "." for this one itself."""
        return run_of(self.folder, record.path)

    def id_of(self, record: Record) -> str:
        """What a record is called by: its file below the folder."""
        return id_of(self.folder, record.path)

    def by_id(self, identity: str) -> Record | None:
        """The record that is called so; None where none is, whatever else lies there."""
        return next((record for record in self.records if self.id_of(record) == identity), None)

    def index(self) -> dict[str, Any]:
        """What the viewer lists, as JSON takes it."""
        return index_of(self.folder, [line_of(record) for record in self.records], self.left_out)

    def save(self, path: str | PathLike[str], *, title: str = "", full: bool = False) -> Path:
        """Write one self-contained HTML file, which opens from disk without a network.

        Args:
            path: of the file.
            title: of the page.
            full: everything, also beyond 30 MB; else the last layers whole and of others the class token's rows.

        Raises:
            UsageError: there is no record.
            OutputError: nothing can be written there.
        """
        from vitxplain.inspect.page import page_parts

        parts = (part.encode() for part in page_parts(self, title=title, full=full))
        return write_together({user_path(path): parts})[0]

    def inspect(self, *, height: int = 760, widget: bool | None = None) -> "InspectWidget | Inline":
        """The viewer in a notebook.

        Args:
            height: in pixels.
            widget: True for a widget, whose `selection` says what is shown (extra `notebook`); False for a page in
                a frame, which needs no package and is saved with the notebook. None takes the widget where it is known
                to work: not in Colab and VS Code, which load widgets from a server of their own.

        Raises:
            UsageError: there is no record, or no widget without the extra.
        """
        from vitxplain.inspect.inline import Inline, widgets_work

        if widget or (widget is None and widgets_work()):
            return _widget(self, height)
        return Inline(self, height)


def _widget(recording: Recording, height: int) -> "InspectWidget":
    check_installed("the widget", "anywidget", otherwise=", or let it be a page in a frame (widget=False)")
    from vitxplain.inspect.widget import InspectWidget

    return InspectWidget(recording, height)


def open_recording(folder: str | PathLike[str]) -> Recording:
    """The records of one run; files of a training that goes on or was killed are whole or not there.

    Raises:
        DataError: there is no such folder, or it cannot be looked into.
    """
    run = _existing(folder)
    if not is_folder(run / FOLDER):
        raise DataError(
            f"{run} holds no records: it has no folder {FOLDER!r}; give the folder of vitxplain.inspect.record."
        )
    return records_in(
        run, [f"{FOLDER}/{name}" for name in files_below(run / FOLDER, _is_record_name) if "/" not in name]
    )


def records(folder: str | PathLike[str]) -> Recording:
    """The records of all runs in a folder and below it.

    Raises:
        DataError: there is no such folder, or one below it cannot be looked into.
    """
    top = _existing(folder)
    return records_in(top, record_files(top))


def record_files(folder: Path) -> list[str]:
    """The files that may be records, of all runs in a folder and below it, as paths below it with "/".

    Raises:
        DataError: it is not there, or one below it cannot be looked into.
    """
    return [name for name in files_below(folder, _is_record_name) if _parent(name) == FOLDER]


def records_in(folder: Path, names: Sequence[str]) -> Recording:
    """The records in these files of a folder; what is none is left out with the reason."""
    whole, left_out = [], []
    for name in names:
        try:
            whole.append(read_record(folder / name))
        except DataError as error:
            left_out.append(LeftOut(folder / name, str(error)))
    whole.sort(key=lambda record: line_of(record).order)
    return Recording(folder, tuple(whole), tuple(left_out))


def _existing(folder: str | PathLike[str]) -> Path:
    path = user_path(folder)
    if not is_folder(path):
        raise DataError(f"there is no folder {path}; give the one that was recorded into.")
    return path


def _is_record_name(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith(".")


def _parent(name: str) -> str:
    parts = name.split("/")
    return parts[-2] if len(parts) > 1 else ""
