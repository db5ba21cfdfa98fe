"""The one table of `vitx evaluate` for a preset or several data sets."""

from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from vitxplain.cli.evaluate.matrix import BETWEEN, INTERVAL, headed_table
from vitxplain.cli.evaluate.report import STYLES, print_header, print_troubles, print_verdicts
from vitxplain.cli.shared.console import out, printable
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.report.cells import SUMMARY_COSTS, short
from vitxplain.evaluation.report.matrix import SummaryRow, metrics_of, pooled_words, summary

MARKS: Final = {"yes": "* ", "no": "x ", "cannot tell": "? ", "": ""}
MEANING: Final = "Against the best control, image by image: * better by more than chance, x worse, ? cannot be told."


def print_summary(evaluations: Mapping[str, Evaluation], files: Sequence[Path], folders: Mapping[str, Path]) -> None:
    """A block for each data set: models with their methods, then the controls of each, and where the rest is.

    Intervals stand below the scores of methods where the screen is wide enough. `folders` are those of the data sets.
    """
    console, summary_rows = out(), summary(evaluations)
    for data, evaluation in evaluations.items():
        rows = [row for row in summary_rows if row.data == data]
        metrics = metrics_of(rows)
        print_header(evaluation, console)
        names = max(len(row.method) + 2 + BETWEEN for row in rows)
        wide = names + len(metrics) * (INTERVAL + BETWEEN) <= console.width
        table = headed_table(data, metrics)
        for index, row in enumerate(rows):
            if not index or rows[index - 1].model != row.model:
                table.add_row(Text(printable(row.model), "bold"))
            scores = [_score(row, name, below=wide and not row.control) for name in metrics]
            table.add_row(Text(f"  {printable(row.method)}", "dim" if row.control else ""), *scores)
        console.print(table)
        _print_costs(rows, console)
        print_troubles(evaluation, console)
        print_verdicts(evaluation, console)
        console.print()
    console.print(f"{MEANING}{pooled_words(evaluations)}\n", style="dim")
    folder = files[0].parent
    tables = ", ".join(str(Path(relpath(folders[name], folder)) / "evaluation.md") for name in evaluations)
    written = ", ".join(file.name for file in files)
    console.print(f"{printable(folder)}: {written}; full tables: {printable(tables)}", soft_wrap=True)


def _print_costs(rows: Sequence[SummaryRow], console: Console) -> None:
    with_cost = [row for row in rows if row.cost]
    if with_cost:
        table = headed_table("cost", ["method", *(str(column.heading) for column in SUMMARY_COSTS)])
        for row in with_cost:
            table.add_row(*(printable(text) for text in (row.model, row.method, *row.cost_cells())))
        console.print()
        console.print(table)


def _score(row: SummaryRow, metric: str, *, below: bool) -> Text:
    """Two decimal places, marked; the interval `below` it, or not at all."""
    if metric not in row.scores:
        return Text()
    mean, _, reach = short(row.scores[metric]).partition(" ")
    verdict = row.verdicts[metric]
    rest = f"{mean}\n{reach}" if below else mean
    return Text.assemble((MARKS[verdict], STYLES[verdict]), rest, style="dim" if row.control else "")
