"""Several data sets, or a preset, in one table: a line for each model and method, a column for each metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Final
from urllib.parse import quote

from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.report.cells import interval
from vitxplain.evaluation.report.markdown import table
from vitxplain.evaluation.report.write import about
from vitxplain.evaluation.scoring.cost import Cost
from vitxplain.evaluation.table.rows import Row
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.metrics.intervals import Interval

COSTS: Final = ("parameters", "GFLOPs", "ms an image")


@dataclass(frozen=True)
class SummaryRow:
    """One method of one model on one data set: a figure for each metric, and what it costs where that was measured.

    `verdicts` say by metric whether it beats the best control, as those of rows do.
    """

    data: str
    model: str
    method: str
    control: bool
    figures: Mapping[str, Interval]
    verdicts: Mapping[str, str]
    cost: Cost | None

    def spent(self) -> tuple[str, ...]:
        """The costs as text, in the order of `COSTS`."""
        if self.cost is None:
            return ("",) * len(COSTS)
        return f"{self.cost.parameters:,}", f"{self.cost.flops / 1e9:.2f}", f"{1000 * self.cost.seconds:.1f}"


def summary(found: Mapping[str, Evaluation]) -> list[SummaryRow]:
    """All lines, by data set; the methods of a model before the controls.

    A preset's figure is that of all pixels of all images together, where a metric has such a form, else the mean.
    """
    lines: list[SummaryRow] = []
    for data, one in found.items():
        cost = {(spent.model, spent.method): spent for spent in one.costs}
        of: dict[tuple[str, str, bool], list[Row]] = {}
        for row in one.rows:
            of.setdefault((row.model, row.method, row.control), []).append(row)
        models = list(dict.fromkeys(model for model, *_ in of))
        for key in sorted(of, key=lambda key: (models.index(key[0]), key[2])):
            figures = {row.metric: (one.preset and row.pooled) or row.score for row in of[key]}
            verdicts = {row.metric: row.verdict for row in of[key]}
            lines.append(SummaryRow(data, *key, figures, verdicts, cost.get(key[:2])))
    return lines


def metrics_of(lines: Sequence[SummaryRow]) -> list[str]:
    """The columns."""
    return list(dict.fromkeys(name for line in lines for name in line.figures))


def pooled_words(found: Mapping[str, Evaluation]) -> str:
    """What a reader must know where figures and verdicts are not of the same kind."""
    pooled = any(one.preset and row.pooled for one in found.values() for row in one.rows)
    return " Figures of pixels are of all images together, verdicts rest on the images one by one." if pooled else ""


def save_summary(found: Mapping[str, Evaluation], folder: Path, folders: Mapping[str, Path]) -> list[Path]:
    """Write table.md and table.csv; `folders` are those of the data sets' own tables.

    Raises:
        OutputError: the folder cannot be written.
    """
    lines = summary(found)
    pages = {name: Path(relpath(folders[name], folder)) / "evaluation.md" for name in found}
    return write_together(
        {folder / "table.md": _markdown(found, lines, pages).encode(), folder / "table.csv": _csv(lines)}
    )


def _markdown(found: Mapping[str, Evaluation], lines: Sequence[SummaryRow], pages: Mapping[str, Path]) -> str:
    metrics, costs = metrics_of(lines), any(line.cost for line in lines)
    head = ["data", "model", "method", *metrics, *(COSTS if costs else ())]
    rows = [
        [
            line.data,
            line.model,
            f"*{line.method}* (control)" if line.control else line.method,
            *(_cell(line, name) for name in metrics),
            *(line.spent() if costs else ()),
        ]
        for line in lines
    ]
    parts = ["# Evaluation", *(f"{about(one)}." for one in found.values()), table(head, rows)]
    parts.append(
        "Brackets are bootstrap 95 % intervals over images; a control knows nothing of the model. **Bold** is better "
        "than the best control, image by image and by more than chance, (worse) is worse; else that cannot be told, or "
        f"is not asked.{pooled_words(found)}"
    )
    everywhere = [
        said for said in next(iter(found.values())).left_out if all(said in one.left_out for one in found.values())
    ]
    parts += [
        f"- {data}: {said}"
        for data, one in found.items()
        for said in (*one.notes, *one.left_out)
        if said not in everywhere
    ]
    parts += [f"- {said}" for said in everywhere]
    links = ", ".join(f"[{name}]({quote(page.as_posix())})" for name, page in pages.items())
    parts.append(f"Full tables, with the leads over controls and which method beats which: {links}.")
    return "\n\n".join(parts) + "\n"


def _cell(line: SummaryRow, metric: str) -> str:
    if metric not in line.figures:
        return ""
    figure, verdict = interval(line.figures[metric]), line.verdicts[metric]
    return f"**{figure}**" if verdict == "yes" else f"{figure} (worse)" if verdict == "no" else figure


def _csv(lines: Sequence[SummaryRow]) -> bytes:
    metrics = metrics_of(lines)
    columns = [f"{name}{part}" for name in metrics for part in ("", " low", " high", " beats controls")]
    header = ["data", "model", "method", "control", *columns, "parameters", "flops", "seconds"]
    rows: list[list[object]] = []
    for line in lines:
        cells = [(*line.figures.get(name, ("",) * 3), line.verdicts.get(name, "")) for name in metrics]
        cost = [line.cost.parameters, line.cost.flops, f"{line.cost.seconds:.6g}"] if line.cost else [""] * 3
        told = [_number(value) if isinstance(value, float) else value for cell in cells for value in cell]
        rows.append([line.data, line.model, line.method, int(line.control), *told, *cost])
    return csv_bytes(header, rows)


def _number(value: float) -> str:
    return f"{value:.6g}" if value == value else ""
