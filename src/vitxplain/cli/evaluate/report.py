"""What `vitx evaluate` says: a table for each model, the controls dimmed, and which method is better."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitxplain.cli.shared.console import out, printable
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.report.cells import direction, interval
from vitxplain.evaluation.report.write import SHEETS, about
from vitxplain.evaluation.table.comparison import strongest
from vitxplain.evaluation.table.rows import Row
from vitxplain.metrics.intervals import Interval

STYLES = {"yes": "green", "no": "red", "cannot tell": "yellow", "": ""}
SHOWN = 12  # comparisons


def print_evaluation(found: Evaluation, files: Sequence[Path]) -> None:
    """The tables, the comparisons and where the rest is."""
    console = out()
    print_header(found, console)
    console.print()
    for model in found.models:
        _print_model(found, model, console)
    _print_comparisons(found, files[0].parent / "evaluation.md", console)
    if found.costs:
        _print_costs(found, console)
    print_troubles(found, console)
    names = [file.name for file in files if file.parent.name != SHEETS]
    sheets = f", {SHEETS}/" if len(names) < len(files) else ""
    console.print(f"\n{printable(files[0].parent)}: {', '.join(names)}{sheets}", soft_wrap=True)


def plain_table(columns: Sequence[str | Text], *, numbers: int = 0) -> Table:
    """A table without lines whose last columns are numbers."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for place, column in enumerate(columns):
        at_right = place >= len(columns) - numbers
        table.add_column(
            column, no_wrap=place == 0 or at_right, overflow="fold", justify="right" if at_right else "left"
        )
    return table


def _print_model(found: Evaluation, model: str, console: Console) -> None:
    name_of_model = Text(printable(model), "bold cyan")
    table = plain_table((name_of_model, "score [95 %]", "lead over the best control", "beats controls"))
    for name, metric in found.metrics.items():
        rows = [row for row in found.rows if (row.model, row.metric) == (model, name)]
        if rows:
            table.add_row(Text(f"{name}", "bold"), Text(direction(metric.better), "dim"))
        for row in rows:
            table.add_row(*_cells(row))
    console.print(table)
    console.print()


def _cells(row: Row) -> list[Text]:
    dim = "dim" if row.control else ""
    lead = f"{short(row.lead, signed=True)} {row.rival}" if row.lead else ""
    label = Text(f"  {printable(row.method)}", dim)
    if row.threshold is not None:
        label.append(f" (> {row.threshold:.2f})", "dim")
    counted = [
        f"{count} {word}" for word in ("undefined", "constant", "broken", "stretched") if (count := getattr(row, word))
    ]
    if counted:
        label.append(f" ({', '.join(counted)})", "yellow")
    return [label, Text(short(row.score), dim), Text(lead, dim), Text(row.verdict, STYLES[row.verdict])]


def _print_comparisons(found: Evaluation, file: Path, console: Console) -> None:
    """Those that are decided, a share of each metric where they are many; the others are counted."""
    if not found.comparisons:
        return
    decided = [one for one in found.comparisons if one.winner]
    shown, models = strongest(decided, SHOWN), len(found.models)
    table = plain_table(("metric", "one over another", "difference"), numbers=1)
    for one in shown:
        words, gap = printable(one.words(models=models)), short(one.difference, signed=True)
        table.add_row(Text(one.metric, "bold"), words, Text(gap, "green" if one.winner == one.first else "red"))
    if shown:
        console.print("By more than chance, image by image; above zero: the first is better.", style="dim")
        console.print(table)
    hidden, open_ = len(decided) - len(shown), len(found.comparisons) - len(decided)
    rest = [f"{hidden:,} more are decided" if hidden else "", f"{open_:,} cannot be told" if open_ else ""]
    if any(rest):
        said = f"Of {len(found.comparisons):,} comparisons {' and '.join(filter(None, rest))}: all are in {file}"
        console.print(printable(said), style="dim", soft_wrap=True)


def _print_costs(found: Evaluation, console: Console) -> None:
    table = plain_table(("cost", "of", "ms an image", "forward passes", "GFLOPs", "parameters"), numbers=4)
    for cost in found.costs:
        spent = f"{1000 * cost.seconds:.1f}", f"{cost.ratio:.2f}", f"{cost.flops / 1e9:.2f}", f"{cost.parameters:,}"
        table.add_row(printable(cost.method), printable(cost.model), *spent)
    console.print()
    console.print(table)


def print_header(found: Evaluation, console: Console) -> None:
    """What was evaluated, and how well each model knows it."""
    console.print(printable(about(found)), soft_wrap=True)
    for one in found.answers.values():
        console.print(printable(str(one)), style="dim", soft_wrap=True)


def print_troubles(found: Evaluation, console: Console) -> None:
    """What a reader of the table must know."""
    for said in found.notes:
        console.print(printable(said), style="yellow", soft_wrap=True)
    if found.skipped:
        console.print(f"{len(found.skipped):,} images could not be read and are left out.", style="yellow")


def short(found: Interval, *, signed: bool = False) -> str:
    """An interval in two decimal places."""
    return interval(found, signed=signed, places=2)
