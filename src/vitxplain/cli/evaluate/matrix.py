"""One table of all methods by all metrics: the best and the tied marked, the controls below."""

import re
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitxplain.cli.shared.console import PIPE_WIDTH, printable
from vitxplain.evaluation.report.cells import short
from vitxplain.evaluation.report.matrix import SummaryRow, metrics_of

BETWEEN: Final = 2
INTERVAL: Final = len("[0.00, 0.00]")
MARKS: Final = {"best": ("+", "bold green"), "tied": ("=", "green")}
LOSES: Final = ("x", "red")
MEANING: Final = "+ best, = cannot be told from the best, x worse than a control; by more than chance, image by image."


def print_matrix(rows: Sequence[SummaryRow], console: Console) -> None:
    """Every model's methods by metrics, where there are several metrics and the screen is wide enough."""
    metrics = metrics_of(rows)
    table = headed_table("", metrics)
    for index, row in enumerate(rows):
        if not index or rows[index - 1].model != row.model:
            table.add_row(Text(printable(row.model), "bold cyan"))
        style = "dim" if row.control else ""
        table.add_row(Text(f"  {printable(row.method)}", style), *(_score(row, name) for name in metrics))
    width = console.measure(table, options=console.options.update(max_width=PIPE_WIDTH)).maximum
    if len(metrics) > 1 and width <= console.width:
        console.print()
        console.print(table)
        console.print(MEANING, style="dim")


def headed_table(name: str, columns: Sequence[str]) -> Table:
    """A table of numbers with names in front; headings are broken behind hyphens and colons."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, BETWEEN, 0, 0))
    table.add_column(Text(printable(name), "bold cyan"), overflow="fold")
    for column in columns:
        heading = re.sub(r"(?<=[-:])", "\n", column) if len(column) > INTERVAL else column
        table.add_column(Text(heading), no_wrap=True, justify="right", vertical="top")
    return table


def _score(row: SummaryRow, metric: str) -> Text:
    mean = short(row.scores.get(metric)).partition(" ")[0]
    standing = row.standings.get(metric)
    sign, style = MARKS[standing] if standing else LOSES if row.verdicts.get(metric) == "no" else (" ", "")
    return Text.assemble(f"{mean} ", (sign, style), style="dim" if row.control else "")
