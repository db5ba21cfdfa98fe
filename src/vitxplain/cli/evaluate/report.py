"""What `vitx evaluate` says: a table for each model, the controls dimmed, and which method is better."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vitxplain.cli.evaluate.matrix import print_matrix
from vitxplain.cli.shared.console import out, printable
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.report.cells import COST_COLUMNS, SCORE_COLUMNS, comparison_columns, direction
from vitxplain.evaluation.report.columns import Column, screen_columns
from vitxplain.evaluation.report.matrix import summary
from vitxplain.evaluation.report.write import SHEETS, about
from vitxplain.evaluation.table.comparison import strongest
from vitxplain.evaluation.table.rows import Row

STYLES = {"yes": "green", "no": "red", "cannot tell": "yellow", "": ""}
SHOWN = 12  # comparisons


def print_evaluation(evaluation: Evaluation, files: Sequence[Path]) -> None:
    """The tables, the comparisons and where the rest is."""
    console = out()
    print_header(evaluation, console)
    console.print()
    for model in evaluation.models:
        _print_model(evaluation, model, console)
    _print_comparisons(evaluation, files[0].parent / "evaluation.md", console)
    if evaluation.costs:
        _print_costs(evaluation, console)
    print_troubles(evaluation, console)
    if evaluation.not_tested:
        console.print(f"Not tested: {evaluation.not_tested}, named in evaluation.md", style="dim")
    print_matrix(summary({evaluation.data.name: evaluation}), console)
    print_verdicts(evaluation, console)
    names = [file.name for file in files if file.parent.name != SHEETS]
    sheets = f", {SHEETS}/" if len(names) < len(files) else ""
    console.print(f"\n{printable(files[0].parent)}: {', '.join(names)}{sheets}", soft_wrap=True)


def plain_table(columns: Sequence[str | Text], *, numbers: int = 0) -> Table:
    """A table without lines whose last columns are numbers."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for index, column in enumerate(columns):
        at_right = index >= len(columns) - numbers
        table.add_column(
            column, no_wrap=index == 0 or at_right, overflow="fold", justify="right" if at_right else "left"
        )
    return table


def _print_model(evaluation: Evaluation, model: str, console: Console) -> None:
    columns = screen_columns(SCORE_COLUMNS)
    table = plain_table((Text(printable(model), "bold cyan"), *(str(column.screen_heading) for column in columns)))
    for name, metric in evaluation.metrics.items():
        rows = [row for row in evaluation.rows if (row.model, row.metric) == (model, name)]
        if rows:
            table.add_row(Text(f"{name}", "bold"), Text(direction(metric.better), "dim"))
        for row in rows:
            table.add_row(_label(row), *(_cell(column, row) for column in columns))
    console.print(table)
    console.print()


def _label(row: Row) -> Text:
    """The method, with what its columns remark."""
    label = Text(f"  {printable(row.method)}", "dim" if row.control else "")
    for part, style in (("remark", "dim"), ("warning", "yellow")):
        texts = [text for column in SCORE_COLUMNS if (text := getattr(column, part)(row))]
        if texts:
            label.append(f" ({', '.join(texts)})", style)
    return label


def _cell(column: Column[Row], row: Row) -> Text:
    text = column.screen_text(row)
    return Text(text, STYLES[text] if column.keys == ("beats_controls",) else "dim" if row.control else "")


def _print_comparisons(evaluation: Evaluation, file: Path, console: Console) -> None:
    """Those that are decided, a share of each metric where they are many; the others are counted."""
    if not evaluation.comparisons:
        return
    decided = [comparison for comparison in evaluation.comparisons if comparison.winner]
    shown, models = strongest(decided, SHOWN), len(evaluation.models)
    columns = screen_columns(comparison_columns(models))
    table = plain_table([str(column.screen_heading) for column in columns], numbers=1)
    for comparison in shown:
        styles = {"metric": "bold", "difference": "green" if comparison.winner == comparison.first else "red"}
        texts = ((column, printable(column.screen_text(comparison))) for column in columns)
        table.add_row(*(Text(text, styles.get(str(column.screen_heading), "")) for column, text in texts))
    if shown:
        console.print("By more than chance, image by image; above zero: the first is better.", style="dim")
        console.print(table)
    hidden, undecided = len(decided) - len(shown), len(evaluation.comparisons) - len(decided)
    rest = [f"{hidden:,} more are decided" if hidden else "", f"{undecided:,} cannot be told" if undecided else ""]
    if any(rest):
        counts = f"Of {len(evaluation.comparisons):,} comparisons {' and '.join(filter(None, rest))}"
        console.print(printable(f"{counts}: all are in {file}"), style="dim", soft_wrap=True)


def _print_costs(evaluation: Evaluation, console: Console) -> None:
    columns = screen_columns(COST_COLUMNS)
    table = plain_table([str(column.screen_heading) for column in columns], numbers=4)
    for cost in evaluation.costs:
        table.add_row(*(printable(column.screen_text(cost)) for column in columns))
    console.print()
    console.print(table)


def print_header(evaluation: Evaluation, console: Console) -> None:
    """What was evaluated, and how well each model knows it."""
    console.print(printable(about(evaluation)), soft_wrap=True)
    for accuracy in evaluation.accuracies.values():
        console.print(printable(str(accuracy)), style="dim", soft_wrap=True)


def print_verdicts(evaluation: Evaluation, console: Console) -> None:
    """Which method of each model to take."""
    if evaluation.verdicts:
        console.print()
    for verdict in evaluation.verdicts:
        console.print(printable(verdict), style="bold")


def print_troubles(evaluation: Evaluation, console: Console) -> None:
    """What a reader of the table must know."""
    for note in evaluation.notes:
        console.print(printable(note), style="yellow", soft_wrap=True)
    if evaluation.skipped:
        console.print(f"{len(evaluation.skipped):,} images could not be read and are left out.", style="yellow")
