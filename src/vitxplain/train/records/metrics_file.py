"""metrics.csv: rows of training loss, of evaluations and of the final figures, and which row is best."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf, isfinite, isnan, nan
from typing import Any, Final

from vitxplain.files.tables import csv_bytes

# Figures of all tasks beside the loss, shares in [0, 1], with what pictures and sentences call them.
FIGURES: Final = {
    "accuracy": "accuracy",
    "map": "mAP",
    "map50": "mAP50",
    "miou": "mIoU",
    "pixel_accuracy": "pixel accuracy",
}
BEFORE, BEHIND = ("epoch", "step", "split", "loss"), ("learning_rate", "seconds")  # the columns around the figures


@dataclass(frozen=True)
class Row:
    """Figures after a step; `seconds` are those of training, without the time between interruption and resumption."""

    epoch: float
    step: int
    split: str  # train, validation; best-validation and test are the best weights' at the end
    loss: float | None  # None where nobody computed it
    figures: Mapping[str, float]  # by name, such as accuracy; none of a training loss that has no more
    learning_rate: float | None
    seconds: float

    def as_json(self) -> dict[str, Any]:
        facts = asdict(self)
        figures = facts.pop("figures")
        return {key: facts[key] for key in BEFORE} | figures | {key: facts[key] for key in BEHIND}


def rows(history: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows of the Trainer's log history; a checkpoint holds it, so after resuming no row is there twice."""
    return [row for entry in history if (row := row_of(entry))]


def row_of(entry: Mapping[str, Any]) -> Row | None:
    """The row of one entry; None for its summaries."""
    if "loss" in entry:
        prefix, split = "", "train"
    elif "eval_loss" in entry:
        prefix, split = "eval_", "validation"
    else:
        return None
    return Row(
        epoch=round(entry["epoch"], 4),
        step=entry["step"],
        split=split,
        loss=entry[f"{prefix}loss"],
        figures={name: entry[f"{prefix}{name}"] for name in FIGURES if f"{prefix}{name}" in entry},
        learning_rate=entry.get("learning_rate"),
        seconds=round(entry["seconds"], 2),
    )


def is_highest(figure: str) -> bool:
    """Whether the best of this figure is the highest; of the loss it is the lowest."""
    return figure != "loss"


def rank(row: Row, by: str) -> tuple[float, ...]:
    """The key by which the best row is the largest: a figure, then low loss; or low loss alone."""
    loss = row.loss if row.loss is not None and isfinite(row.loss) else inf
    if not is_highest(by):
        return (-loss,)
    figure = row.figures.get(by, nan)
    return (-inf if isnan(figure) else figure, -loss)


def is_best(history: Sequence[Row], by: str) -> bool:
    """Whether the last evaluation beats all before."""
    *before, last = [rank(row, by) for row in history if row.split == "validation"]
    return all(last > other for other in before)


def as_csv(rows: Sequence[Row]) -> bytes:
    """The whole file metrics.csv; a cell is empty where a row has no such figure."""
    header = (*BEFORE, *(name for name in FIGURES if any(name in row.figures for row in rows)), *BEHIND)
    return csv_bytes(header, ([row.as_json().get(column) for column in header] for row in rows))
