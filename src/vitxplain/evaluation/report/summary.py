"""Several data sets, or a preset, in one table: a line for each model and method, a column for each metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from urllib.parse import quote

from vitxplain.escape import markdown, markdown_name, utf8
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.report.cells import SUMMARY_COSTS, interval, method_cell
from vitxplain.evaluation.report.columns import Column, markdown_table, record
from vitxplain.evaluation.report.write import about, records_csv
from vitxplain.evaluation.scoring.cost import Cost
from vitxplain.evaluation.table.rows import Row
from vitxplain.files.write import write_together
from vitxplain.metrics.intervals import Interval


@dataclass(frozen=True)
class SummaryRow:
    """One method of one model on one data set: a score for each metric, and what it costs where that was measured.

    `verdicts` say by metric whether it beats the best control, as those of rows do.
    """

    data: str
    model: str
    method: str
    control: bool
    scores: Mapping[str, Interval]
    verdicts: Mapping[str, str]
    cost: Cost | None

    def cost_cells(self) -> list[str]:
        """The costs as text, in the order of `SUMMARY_COSTS`."""
        return [_cost_column(column, shown=True).cell(self) for column in SUMMARY_COSTS]


def summary(evaluations: Mapping[str, Evaluation]) -> list[SummaryRow]:
    """All rows, by data set; the methods of a model before the controls.

    A preset's score is that of all pixels of all images together, where a metric has such a form, else the mean.
    """
    summary_rows: list[SummaryRow] = []
    for data, evaluation in evaluations.items():
        costs = {(cost.model, cost.method): cost for cost in evaluation.costs}
        groups: dict[tuple[str, str, bool], list[Row]] = {}
        for row in evaluation.rows:
            groups.setdefault((row.model, row.method, row.control), []).append(row)
        models = list(dict.fromkeys(model for model, *_ in groups))
        for key in sorted(groups, key=lambda key: (models.index(key[0]), key[2])):
            scores = {row.metric: (evaluation.preset and row.pooled) or row.score for row in groups[key]}
            verdicts = {row.metric: row.verdict for row in groups[key]}
            summary_rows.append(SummaryRow(data, *key, scores, verdicts, costs.get(key[:2])))
    return summary_rows


def metrics_of(rows: Sequence[SummaryRow]) -> list[str]:
    """The columns."""
    return list(dict.fromkeys(name for row in rows for name in row.scores))


def pooled_words(evaluations: Mapping[str, Evaluation]) -> str:
    """What a reader must know where scores and verdicts are not of the same kind."""
    pooled = any(evaluation.preset and row.pooled for evaluation in evaluations.values() for row in evaluation.rows)
    return " Figures of pixels are of all images together, verdicts rest on the images one by one." if pooled else ""


def save_summary(evaluations: Mapping[str, Evaluation], folder: Path, folders: Mapping[str, Path]) -> list[Path]:
    """Write table.md and table.csv; `folders` are those of the data sets' own tables.

    Raises:
        OutputError: the folder cannot be written.
    """
    rows = summary(evaluations)
    pages = {name: Path(relpath(folders[name], folder)) / "evaluation.md" for name in evaluations}
    columns = summary_columns(rows)
    return write_together(
        {
            folder / "table.md": utf8(_markdown(evaluations, rows, pages)),
            folder / "table.csv": records_csv(record(columns, row) for row in rows),
        }
    )


def summary_columns(rows: Sequence[SummaryRow]) -> list[Column[SummaryRow]]:
    """Those of table.md and table.csv: whose maps, the score for each metric, and costs, shown where there are any."""
    with_costs = any(row.cost for row in rows)
    return [
        Column(keys=("data",), value=lambda row: row.data, heading="data", cell=lambda row: row.data),
        Column(keys=("model",), value=lambda row: row.model, heading="model", cell=lambda row: row.model),
        Column(
            keys=("method",),
            value=lambda row: row.method,
            heading="method",
            cell=lambda row: method_cell(row.method, control=row.control),
        ),
        Column(keys=("control",), value=lambda row: row.control),
        *(column for name in metrics_of(rows) for column in _metric_columns(name)),
        *(_cost_column(column, shown=with_costs) for column in SUMMARY_COSTS),
    ]


def _metric_columns(name: str) -> tuple[Column[SummaryRow], Column[SummaryRow]]:
    return (
        Column(
            keys=(name, f"{name} low", f"{name} high"),
            value=lambda row: row.scores.get(name),
            heading=name,
            cell=lambda row: _cell(row, name),
        ),
        Column(keys=(f"{name} beats controls",), value=lambda row: row.verdicts.get(name)),
    )


def _cost_column(column: Column[Cost], *, shown: bool) -> Column[SummaryRow]:
    return Column(
        keys=column.keys,
        value=lambda row: row.cost and column.value(row.cost),
        heading=column.heading if shown else None,
        cell=lambda row: column.cell(row.cost) if row.cost else "",
    )


def _markdown(evaluations: Mapping[str, Evaluation], rows: Sequence[SummaryRow], pages: Mapping[str, Path]) -> str:
    table = markdown_table(summary_columns(rows), rows)
    parts = ["# Evaluation", *(f"{markdown(about(evaluation))}." for evaluation in evaluations.values()), table]
    parts.append(
        "Brackets are bootstrap 95 % intervals over images; a control knows nothing of the model. **Bold** is better "
        "than the best control, image by image and by more than chance, (worse) is worse; else that cannot be told, or "
        f"is not asked.{pooled_words(evaluations)}"
    )
    left_out = [evaluation.left_out for evaluation in evaluations.values()]
    everywhere = [note for note in left_out[0] if all(note in notes for notes in left_out)]
    parts += [
        f"- {markdown(data)}: {markdown(note)}"
        for data, evaluation in evaluations.items()
        for note in (*evaluation.notes, *evaluation.left_out)
        if note not in everywhere
    ]
    parts += [f"- {markdown(note)}" for note in everywhere]
    links = ", ".join(f"[{markdown_name(name)}]({quote(page.as_posix())})" for name, page in pages.items())
    parts.append(f"Full tables, with the leads over controls and which method beats which: {links}.")
    return "\n\n".join(parts) + "\n"


def _cell(row: SummaryRow, metric: str) -> str:
    if metric not in row.scores:
        return ""
    score, verdict = interval(row.scores[metric]), row.verdicts[metric]
    return f"**{score}**" if verdict == "yes" else f"{score} (worse)" if verdict == "no" else score
