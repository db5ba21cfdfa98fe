"""Column: one column of a table, wherever the table is shown or written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vitxplain.escape import markdown

TableRow = TypeVar("TableRow")


@dataclass(frozen=True, kw_only=True)
class Column(Generic[TableRow]):
    """One column; whoever shows tables takes the columns that have a part for it, in the order of their list.

    Args:
        keys: names in CSV and JSON; of an interval those of its mean and ends. None: the column is for people alone.
        value: what CSV and JSON hold; None where it is not known.
        heading: in Markdown; None: not there.
        cell: the text below it.
        optional: left out of a Markdown table all of whose values are unknown or zero.
        screen_heading: on the terminal; None: not there.
        screen_cell: the text below it; None: as in Markdown.
        screen_rank: columns of a lower rank stand before it there.
        remark: what the terminal says behind a method's name.
        warning: the same, of what went wrong.
    """

    keys: tuple[str, ...] = ()
    value: Callable[[TableRow], Any] = lambda _: None
    heading: str | None = None
    cell: Callable[[TableRow], str] = lambda _: ""
    optional: bool = False
    screen_heading: str | None = None
    screen_cell: Callable[[TableRow], str] | None = None
    screen_rank: int = 0
    remark: Callable[[TableRow], str] = lambda _: ""
    warning: Callable[[TableRow], str] = lambda _: ""

    def record(self, row: TableRow) -> dict[str, Any]:
        """The value under each key."""
        value = self.value(row)
        values = (value,) if len(self.keys) == 1 else value or (None,) * len(self.keys)
        return dict(zip(self.keys, values, strict=True)) if self.keys else {}

    def screen_text(self, row: TableRow) -> str:
        """The text on the terminal."""
        return (self.screen_cell or self.cell)(row)

    def shown(self, rows: Sequence[TableRow]) -> bool:
        """Whether a Markdown table of these rows has it."""
        values = [self.value(row) for row in rows] if self.optional else []
        counts_nothing = all(value is None or (isinstance(value, int) and not value) for value in values)
        return self.heading is not None and not (self.optional and counts_nothing)


def record(columns: Sequence[Column[TableRow]], row: TableRow) -> dict[str, Any]:
    """The row as plain values."""
    return {key: value for column in columns for key, value in column.record(row).items()}


def screen_columns(columns: Sequence[Column[TableRow]]) -> list[Column[TableRow]]:
    """Those of the terminal, in their order there."""
    return sorted((column for column in columns if column.screen_heading), key=lambda column: column.screen_rank)


def markdown_table(columns: Sequence[Column[TableRow]], rows: Sequence[TableRow]) -> str:
    """The rows in Markdown."""
    shown = [column for column in columns if column.shown(rows)]
    return table([str(column.heading) for column in shown], [[column.cell(row) for column in shown] for row in rows])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Texts in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(markdown(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
