"""Printing: results to stdout, progress and errors to stderr; tables and JSON."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from vitxplain.cli.shared.streams import result_stream
from vitxplain.escape import terminal

_PLAIN: Final[Any] = {"highlight": False, "markup": False, "emoji": False}  # names may hold anything: [x], :cat:
PIPE_WIDTH = 1000  # columns where no terminal says: a line stays a line for grep


class PlainConsole(Console):
    """A console on which whatever is printed, by whatever way, is text: no name moves the cursor or hides a letter."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield segment._replace(text=printable(segment.text, "\n"))


def out() -> Console:
    """The console of results. Made anew each time: tests and pipes replace sys.stdout."""
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return PlainConsole(file=sys.stdout, width=PIPE_WIDTH if piped else None, **_PLAIN)


def err() -> Console:
    """The console of everything else."""
    return PlainConsole(file=sys.stderr, **_PLAIN)


printable = terminal  # every name that is printed


def print_json(record: Mapping[str, Any]) -> None:
    """One object on one line of stdout, there as soon as it is known."""
    stream = result_stream()
    stream.write(json.dumps(record, default=str) + "\n")
    stream.flush()


def print_error(message: str, console: Console | None = None) -> None:
    """`error: ...` on stderr, whole: no wrapping, no markup."""
    (console or err()).print(Text.assemble(("error: ", "bold red"), printable(message, "\n")), soft_wrap=True)


def print_note(message: str, console: Console | None = None) -> None:
    """Something worth knowing, on stderr."""
    (console or err()).print(Text(printable(message, "\n"), style="dim"), soft_wrap=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], console: Console | None = None) -> None:
    """A table in the one look all commands share: names, in the first column, are never broken over lines."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 3, 0, 0))
    for position, column in enumerate(columns):
        table.add_column(column, no_wrap=position == 0, style="cyan" if position == 0 else None, overflow="fold")
    for row in rows:
        texts = (Text(printable(cell, "\n")) if isinstance(cell, str) else cell for cell in row)  # brackets: no markup
        table.add_row(*texts)
    (console or out()).print(table)


def yes(word: str = "yes") -> Text:
    """A good word in a table."""
    return Text(word, style="green")


def no(word: str = "no") -> Text:
    """A bad one."""
    return Text(word, style="red")
