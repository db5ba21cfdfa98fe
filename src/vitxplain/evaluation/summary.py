"""Several data sets, or a preset, in one table: a line for each model and method, a column for each metric."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

from vitxplain.evaluation.cost import Cost
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.files import about
from vitxplain.evaluation.markdown import interval, table
from vitxplain.metrics.intervals import Interval
from vitxplain.writing import write_together

COSTS: Final = ("parameters", "GFLOPs", "ms an image")


@dataclass(frozen=True)
class Figures:
    """One method of one model on one data set: a figure for each metric, and what it costs where that was measured."""

    data: str
    model: str
    method: str
    control: bool
    figures: Mapping[str, Interval]
    cost: Cost | None

    def spent(self) -> tuple[str, ...]:
        """The costs as text, in the order of `COSTS`."""
        if self.cost is None:
            return ("",) * len(COSTS)
        return f"{self.cost.parameters:,}", f"{self.cost.flops / 1e9:.2f}", f"{1000 * self.cost.seconds:.1f}"


def summary(found: Mapping[str, Evaluation]) -> list[Figures]:
    """All lines, by data set; the methods of a model before the controls.

    A preset's figure is that of all pixels of all images together, where a metric has such a form, else the mean.
    """
    lines: list[Figures] = []
    for data, one in found.items():
        cost = {(spent.model, spent.method): spent for spent in one.costs}
        figures: dict[tuple[str, str, bool], dict[str, Interval]] = {}
        for row in one.rows:
            pooled = one.preset and row.pooled
            figures.setdefault((row.model, row.method, row.control), {})[row.metric] = pooled or row.score
        models = list(dict.fromkeys(model for model, *_ in figures))
        lines += [
            Figures(data, *key, figures[key], cost.get(key[:2]))
            for key in sorted(figures, key=lambda key: (models.index(key[0]), key[2]))
        ]
    return lines


def metrics_of(lines: Sequence[Figures]) -> list[str]:
    """The columns."""
    return list(dict.fromkeys(name for line in lines for name in line.figures))


def save_summary(found: Mapping[str, Evaluation], folder: Path) -> list[Path]:
    """Write table.md and table.csv.

    Raises:
        OutputError: the folder cannot be written.
    """
    lines = summary(found)
    return write_together(
        {folder / "table.md": _markdown(found, lines).encode(), folder / "table.csv": _csv(lines).encode()}
    )


def _markdown(found: Mapping[str, Evaluation], lines: Sequence[Figures]) -> str:
    metrics, costs = metrics_of(lines), any(line.cost for line in lines)
    head = ["data", "model", "method", *metrics, *(COSTS if costs else ())]
    rows = [
        [
            line.data,
            line.model,
            f"*{line.method}* (control)" if line.control else line.method,
            *(interval(line.figures[name]) if name in line.figures else "" for name in metrics),
            *(line.spent() if costs else ()),
        ]
        for line in lines
    ]
    parts = ["# Evaluation", *(f"{about(one)}." for one in found.values()), table(head, rows)]
    parts.append("Brackets are bootstrap 95 % intervals over images; a control knows nothing of the model.")
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
    return "\n\n".join(parts) + "\n"


def _csv(lines: Sequence[Figures]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    metrics = metrics_of(lines)
    columns = [f"{name}{part}" for name in metrics for part in ("", " low", " high")]
    writer.writerow(["data", "model", "method", "control", *columns, "parameters", "flops", "seconds"])
    for line in lines:
        figures: list[Any] = [value for name in metrics for value in line.figures.get(name, ("",) * 3)]
        cost = [line.cost.parameters, line.cost.flops, f"{line.cost.seconds:.6g}"] if line.cost else [""] * 3
        told = [f"{value:.6g}" if isinstance(value, float) and value == value else "" for value in figures]
        writer.writerow([line.data, line.model, line.method, int(line.control), *told, *cost])
    return text.getvalue()
