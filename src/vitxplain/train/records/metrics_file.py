"""metrics.csv: rows of training loss, of evaluations and of the final figures, and which row is best."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from math import inf, isfinite
from typing import Any

from vitxplain.files.tables import csv_bytes


@dataclass(frozen=True)
class Row:
    """Figures after a step; `seconds` are those of training, without the time between interruption and resumption."""

    epoch: float
    step: int
    split: str  # train, validation; best-validation and test are the best weights' at the end
    loss: float
    accuracy: float
    learning_rate: float | None
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


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
        accuracy=entry[f"{prefix}accuracy"],
        learning_rate=entry.get("learning_rate"),
        seconds=round(entry["seconds"], 2),
    )


def rank(row: Row, by: str) -> tuple[float, ...]:
    """The key by which the best row is the largest: accuracy, then low loss; or low loss alone."""
    loss = row.loss if isfinite(row.loss) else inf
    return (row.accuracy, -loss) if by == "accuracy" else (-loss,)


def is_best(history: Sequence[Row], by: str) -> bool:
    """Whether the last evaluation beats all before."""
    *before, last = [rank(row, by) for row in history if row.split == "validation"]
    return all(last > other for other in before)


def as_csv(rows: Sequence[Row]) -> bytes:
    """The whole file metrics.csv."""
    return csv_bytes((field.name for field in fields(Row)), (astuple(row) for row in rows))
