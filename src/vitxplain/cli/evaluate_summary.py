"""The one table of `vitx evaluate` for a preset or several data sets."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.text import Text

from vitxplain.cli.console import out, printable
from vitxplain.cli.evaluate_report import plain_table, print_troubles, short
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.files import about
from vitxplain.evaluation.summary import COSTS, Figures, metrics_of, summary
from vitxplain.metrics.intervals import Interval


def print_summary(found: Mapping[str, Evaluation], files: Sequence[Path]) -> None:
    """A block for each data set: models with their methods, then the controls of each, and where the rest is."""
    console, lines = out(), summary(found)
    costs = COSTS if any(line.cost for line in lines) else ()
    for data, one in found.items():
        mine = [line for line in lines if line.data == data]
        metrics = metrics_of(mine)
        console.print(f"{printable(about(one))}", soft_wrap=True)
        table = plain_table((Text(printable(data), "bold cyan"), *metrics, *costs), numbers=len(metrics) + len(costs))
        for place, line in enumerate(mine):
            if not place or mine[place - 1].model != line.model:
                table.add_row(Text(printable(line.model), "bold"))
            table.add_row(*_cells(line, metrics, with_costs=bool(costs)))
        console.print(table)
        print_troubles(one, console)
        console.print()
    folders = "" if len(found) == 1 else f", and for each data set a folder: {', '.join(found)}"
    names = ", ".join(file.name for file in files)
    console.print(f"{printable(files[0].parent)}: {names}{folders}", soft_wrap=True)


def _cells(line: Figures, metrics: Sequence[str], *, with_costs: bool) -> list[Text]:
    """Of a control the figures alone, of a method with their intervals below."""
    dim = "dim" if line.control else ""
    figures = [_figure(line.figures.get(name), interval=not line.control) for name in metrics]
    cells = [f"  {printable(line.method)}", *figures, *(line.spent() if with_costs else ())]
    return [Text(cell, dim) for cell in cells]


def _figure(found: Interval | None, *, interval: bool) -> str:
    if found is None:
        return ""
    figure, _, reach = short(found).partition(" ")
    return f"{figure}\n{reach}" if interval else figure
