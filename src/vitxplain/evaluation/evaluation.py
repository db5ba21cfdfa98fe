"""Evaluation: what was measured, as a table with intervals that says what beats the controls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from vitxplain.data.sample import DataSet
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.evaluation.scoring.best_thresholds import Levels
from vitxplain.evaluation.scoring.cost import Cost
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.comparison import Comparison, comparisons
from vitxplain.evaluation.table.model_accuracy import Answers, answers, foreign_notes
from vitxplain.evaluation.table.notes import notes
from vitxplain.evaluation.table.rows import Row, rows_of
from vitxplain.metrics.base import Metric


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of every map; iterate for the rows of the table, `records()` for a data frame.

    `skipped` are the images that could not be read, `failures` the maps that could not be made or scored, `left_out`
    the metrics, models and data that were not taken in; each says why. `asked` is what the scores depend on, `levels`
    are the thresholds chosen on validation images, by model, method and metric.
    """

    lines: tuple[MapScores, ...] = field(repr=False)
    metrics: Mapping[str, Metric]
    data: DataSet = field(repr=False)
    blocks: tuple[PlannedEntry, ...] = field(repr=False)  # who made the maps, so that they can be drawn
    asked: Mapping[str, Any] = field(repr=False)
    skipped: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    left_out: tuple[str, ...] = ()
    costs: tuple[Cost, ...] = ()
    levels: Mapping[str, Levels] = field(default_factory=dict)
    preset: str | None = None

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """Names of those whose maps were scored, in the order of the table."""
        return tuple(dict.fromkeys(line.model for line in self.lines))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """By model and metric, the best method first; the controls after the methods."""
        found: list[Row] = []
        for model in self.models:
            methods: dict[str, list[MapScores]] = {}
            for line in self.lines:
                if line.model == model:
                    methods.setdefault(line.method, []).append(line)
            for name, metric in self.metrics.items():
                levels = {method: those[name] for method, those in self.levels.get(model, {}).items() if name in those}
                found += rows_of(model, name, metric, methods, levels)
        return tuple(found)

    @cached_property
    def answers(self) -> dict[str, Answers]:
        """By model, how well it knows these images; without those whose earlier scores do not say."""
        return answers(self.lines, self.data)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every method with every other of its model, and the best ones of the models with each other."""
        better = {name: metric.better for name, metric in self.metrics.items()}
        return tuple(comparisons(self.rows, self.lines, better))

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the table must know, each a sentence."""
        doubts = [said for one in self.answers.values() if (said := one.note())]
        others = notes(self.rows, self.comparisons, self.lines, self.metrics)
        return *foreign_notes(self.blocks, self.data), *doubts, *others

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
                "pooled": None if row.pooled is None else row.pooled.mean,
                "pooled_low": None if row.pooled is None else row.pooled.low,
                "pooled_high": None if row.pooled is None else row.pooled.high,
                "threshold": row.threshold,
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
        from vitxplain.evaluation.report.write import save

        return save(self, Path(folder))
