"""Evaluation: what was measured, as a table with intervals that says what beats the controls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from vitxplain.data.sample import DataSet
from vitxplain.evaluation.comparison import Comparison, comparisons
from vitxplain.evaluation.cost import Cost
from vitxplain.evaluation.entry import Entry
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.lines import Line
from vitxplain.evaluation.rows import Row, rows_of
from vitxplain.metrics.base import Metric


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of every map; iterate for the rows of the table, `records()` for a data frame.

    `skipped` are the images that could not be read, `failures` the maps that could not be made or scored, `left_out`
    the metrics that "all" could not take in; each says why. `asked` is what the scores depend on.
    """

    lines: tuple[Line, ...] = field(repr=False)
    metrics: Mapping[str, Metric]
    data: DataSet = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)  # who made the maps, so that they can be drawn
    asked: Mapping[str, Any] = field(repr=False)
    skipped: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    left_out: tuple[str, ...] = ()
    costs: tuple[Cost, ...] = ()

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """By model and metric, the best method first; the controls after the methods."""
        found: list[Row] = []
        for model in dict.fromkeys(line.model for line in self.lines):
            methods: dict[str, list[Line]] = {}
            for line in self.lines:
                if line.model == model:
                    methods.setdefault(line.method, []).append(line)
            for name, metric in self.metrics.items():
                found += rows_of(model, name, metric, methods)
        return tuple(found)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every method with every other of its model, and the best ones of the models with each other."""
        better = {name: metric.better for name, metric in self.metrics.items()}
        return tuple(comparisons(self.rows, self.lines, better))

    def records(self) -> list[dict[str, Any]]:
        """The table as plain values, `pandas.DataFrame(evaluation.records())`."""
        return [
            {
                "model": row.model,
                "method": row.method,
                "metric": row.metric,
                "better": self.metrics[row.metric].better,
                "images": row.images,
                "score": row.score.mean,
                "low": row.score.low,
                "high": row.score.high,
                "pooled": row.pooled,
                "lead": None if row.lead is None else row.lead.mean,
                "lead_low": None if row.lead is None else row.lead.low,
                "lead_high": None if row.lead is None else row.lead.high,
                "best_control": row.rival,
                "beats_controls": row.verdict,
                "undefined": row.undefined,
                "constant": row.constant,
                "broken": row.broken,
                "stretched": row.stretched,
                "control": row.control,
            }
            for row in self.rows
        ]

    def save(self, folder: str | Path) -> list[Path]:
        """Write evaluation.json, .csv and .md, images.csv with every single score, and the pictures.

        Raises:
            OutputError: the folder cannot be written; nothing half-written stays.
        """
        from vitxplain.evaluation.files import save

        return save(self, Path(folder))
