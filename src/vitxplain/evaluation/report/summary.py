"""Several data sets, or a preset, in one table: a line for each model and method, a column for each metric."""

from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from urllib.parse import quote

from vitxplain.escape import markdown, markdown_name, utf8
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.report.columns import markdown_table, record
from vitxplain.evaluation.report.html.page import ReportPart, report_page
from vitxplain.evaluation.report.matrix import SummaryRow, pooled_words, summary, summary_columns
from vitxplain.evaluation.report.write import REPORT, about, records_csv
from vitxplain.files.write import write_together


def save_summary(
    evaluations: Mapping[str, Evaluation], folder: Path, folders: Mapping[str, Path], command: str | None = None
) -> list[Path]:
    """Write report.html, table.md and table.csv; `folders` are those of the data sets' own reports and tables.

    `command` is what was typed, for the report.

    Raises:
        OutputError: the folder cannot be written.
    """
    rows = summary(evaluations)
    pages = {name: Path(relpath(folders[name], folder)) / "evaluation.md" for name in evaluations}
    columns = summary_columns(rows)
    parts = {
        name: ReportPart(
            evaluation,
            about(evaluation),
            [(page.parent / file).as_posix() for file in (REPORT, "evaluation.md", "matrix.csv", "matrix.tex")],
        )
        for (name, evaluation), page in zip(evaluations.items(), pages.values(), strict=True)
    }
    return write_together(
        {
            folder / REPORT: utf8(report_page(parts, command)),
            folder / "table.md": utf8(_markdown(evaluations, rows, pages)),
            folder / "table.csv": records_csv(record(columns, row) for row in rows),
        }
    )


def _markdown(evaluations: Mapping[str, Evaluation], rows: Sequence[SummaryRow], pages: Mapping[str, Path]) -> str:
    table = markdown_table(summary_columns(rows), rows)
    parts = ["# Evaluation", *(f"{markdown(about(evaluation))}." for evaluation in evaluations.values()), table]
    parts.append(
        "Brackets are bootstrap 95 % intervals over images; a control knows nothing of the model. **Bold** is better "
        "than the best control, image by image and by more than chance, (worse) is worse; else that cannot be told, or "
        f"is not asked.{pooled_words(evaluations)}"
    )
    parts += [f"- {markdown(verdict)}" for evaluation in evaluations.values() for verdict in evaluation.verdicts]
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
