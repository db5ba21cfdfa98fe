"""The one table of `vitx evaluate` for a preset or several data sets."""

import re
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitxplain.cli.evaluate.report import STYLES, print_header, print_troubles, short
from vitxplain.cli.shared.console import out, printable
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.report.summary import COSTS, SummaryRow, metrics_of, pooled_words, summary

BETWEEN: Final = 2
INTERVAL: Final = len("[0.00, 0.00]")
MARKS: Final = {"yes": "* ", "no": "x ", "cannot tell": "? ", "": ""}
MEANING: Final = "Against the best control, image by image: * better by more than chance, x worse, ? cannot be told."


def print_summary(found: Mapping[str, Evaluation], files: Sequence[Path], folders: Mapping[str, Path]) -> None:
    """A block for each data set: models with their methods, then the controls of each, and where the rest is.

    Intervals stand below the figures of methods where the screen is wide enough. `folders` are those of the data sets.
    """
    console, lines = out(), summary(found)
    for data, one in found.items():
        mine = [line for line in lines if line.data == data]
        metrics = metrics_of(mine)
        print_header(one, console)
        names = max(len(line.method) + 2 + BETWEEN for line in mine)
        wide = names + len(metrics) * (INTERVAL + BETWEEN) <= console.width
        table = _table(data, metrics)
        for place, line in enumerate(mine):
            if not place or mine[place - 1].model != line.model:
                table.add_row(Text(printable(line.model), "bold"))
            figures = [_figure(line, name, below=wide and not line.control) for name in metrics]
            table.add_row(Text(f"  {printable(line.method)}", "dim" if line.control else ""), *figures)
        console.print(table)
        _print_costs(mine, console)
        print_troubles(one, console)
        console.print()
    console.print(f"{MEANING}{pooled_words(found)}\n", style="dim")
    here = files[0].parent
    tables = ", ".join(str(Path(relpath(folders[name], here)) / "evaluation.md") for name in found)
    written = ", ".join(file.name for file in files)
    console.print(f"{printable(here)}: {written}; full tables: {printable(tables)}", soft_wrap=True)


def _table(name: str, columns: Sequence[str]) -> Table:
    """Headings broken behind hyphens and colons."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, BETWEEN, 0, 0))
    table.add_column(Text(printable(name), "bold cyan"), overflow="fold")
    for column in columns:
        heading = re.sub(r"(?<=[-:])", "\n", column) if len(column) > INTERVAL else column
        table.add_column(Text(heading), no_wrap=True, justify="right", vertical="top")
    return table


def _print_costs(lines: Sequence[SummaryRow], console: Console) -> None:
    spent = [line for line in lines if line.cost]
    if spent:
        table = _table("cost", ["method", *COSTS])
        for line in spent:
            table.add_row(*(printable(text) for text in (line.model, line.method, *line.spent())))
        console.print()
        console.print(table)


def _figure(line: SummaryRow, metric: str, *, below: bool) -> Text:
    """Two decimal places, marked; the interval `below` it, or not at all."""
    if metric not in line.figures:
        return Text()
    figure, _, reach = short(line.figures[metric]).partition(" ")
    verdict = line.verdicts[metric]
    rest = f"{figure}\n{reach}" if below else figure
    return Text.assemble((MARKS[verdict], STYLES[verdict]), rest, style="dim" if line.control else "")
