"""Evaluation: the scores of every map, and the table of them with intervals and controls."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from vitxplain.data.sample import DataSet
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.scoring.best_thresholds import Levels
from vitxplain.evaluation.scoring.cost import Cost
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.comparison import Comparison, comparisons
from vitxplain.evaluation.table.mean_curves import Curve, mean_curves
from vitxplain.evaluation.table.method_scores import MethodScores, method_scores
from vitxplain.evaluation.table.model_accuracy import ModelAccuracy, foreign_notes, model_accuracies
from vitxplain.evaluation.table.not_tested import NotTested, not_tested
from vitxplain.evaluation.table.notes import notes
from vitxplain.evaluation.table.regions_found import RegionsFound, left_out_notes, regions_found
from vitxplain.evaluation.table.rows import Row, rows_of
from vitxplain.evaluation.table.standings import Place, Standing, standings
from vitxplain.evaluation.table.verdicts import Verdict, verdicts
from vitxplain.files.paths import user_path
from vitxplain.metrics.base import Metric
from vitxplain.words import source_name


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of every map; iterate for the rows of the table, `records()` for a data frame.

    `skipped` are the images that could not be read, `failures` the maps that could not be made or scored, `left_out`
    the metrics, models, methods of a model and data that were not taken in; each says why, of the metrics also
    `metrics_left_out` by name. `fingerprint` is what the
    scores depend on, `levels` are the thresholds chosen on validation images, by model, method and metric; `answers`
    say which of the true regions of each image a model found that finds things. `map_scores` and `answers` of a data
    set are read from the disk each time somebody goes through them.
    """

    map_scores: Collection[MapScores] = field(repr=False)
    metrics: Mapping[str, Metric]
    data: DataSet = field(repr=False)
    entries: tuple[PlannedEntry, ...] = field(repr=False)  # who made the maps, so that they can be drawn
    fingerprint: Mapping[str, Any] = field(repr=False)
    skipped: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    left_out: tuple[str, ...] = ()
    metrics_left_out: Mapping[str, str] = field(default_factory=dict)
    costs: tuple[Cost, ...] = ()
    levels: Mapping[str, Levels] = field(default_factory=dict)
    preset: str | None = None
    answers: Collection[ImageAnswer] = field(default=(), repr=False)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """Names of those whose maps were scored, in the order of the table."""
        return tuple(dict.fromkeys(method.model for method in self.method_scores))

    @cached_property
    def method_scores(self) -> tuple[MethodScores, ...]:
        """What the table is made of, by model and method, the controls of a model last."""
        return method_scores(self.map_scores)

    @cached_property
    def curves(self) -> dict[Place, Curve]:
        """By model, method and metric that is an area under a curve, the mean curve."""
        return mean_curves(self.map_scores)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """By model and metric, the best method first; the controls after the methods."""
        rows: list[Row] = []
        for model in self.models:
            methods = {scores.method: scores for scores in self.method_scores if scores.model == model}
            for name, metric in self.metrics.items():
                chosen = self.levels.get(model, {})
                levels = {method: by_metric[name] for method, by_metric in chosen.items() if name in by_metric}
                rows += rows_of(model, name, metric, methods, levels)
        return tuple(rows)

    @cached_property
    def accuracies(self) -> dict[str, ModelAccuracy | RegionsFound]:
        """By model, how well it knows these images; without those whose earlier scores do not say."""
        found_regions: dict[str, ModelAccuracy | RegionsFound] = {
            entry.name: regions_found(entry.name, entry.truth, self._answers_of(entry.name))
            for entry in self.entries
            if entry.truth
        }
        return found_regions or {**model_accuracies(self.method_scores, self.data)}

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every method with every other of its model, and the best ones of the models with each other."""
        better = {name: metric.better for name, metric in self.metrics.items()}
        return tuple(comparisons(self.rows, self.method_scores, better))

    @cached_property
    def standings(self) -> dict[Place, Standing]:
        """By model, method and metric: the "best" method of the model, and those "tied" with it."""
        return standings(self.rows, self.comparisons)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """By model, which method to take; each is a sentence or two as text (`str`)."""
        return verdicts(self.rows, self.standings, self.metrics, source_name(self.data.name))

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the table must know, each a sentence."""
        doubts = [note for accuracy in self.accuracies.values() if (note := accuracy.note())]
        others = notes(self.rows, self.comparisons, self.method_scores, self.metrics)
        regions = [
            note
            for entry in self.entries
            if entry.truth
            for note in left_out_notes(entry.name, entry.truth, self._answers_of(entry.name))
        ]
        return *foreign_notes(self.entries, self.data), *doubts, *regions, *others

    @cached_property
    def not_tested(self) -> NotTested:
        """The metrics and methods that there are besides, of which nothing here says anything."""
        return not_tested(self.entries, self.metrics, self.metrics_left_out)

    def _answers_of(self, model: str) -> list[ImageAnswer]:
        return [answer for answer in self.answers if answer.model == model]

    def records(self) -> list[dict[str, Any]]:
        """The table as plain values, `pandas.DataFrame(evaluation.records())`."""
        from vitxplain.evaluation.report.cells import SCORE_COLUMNS
        from vitxplain.evaluation.report.columns import record

        return [record(SCORE_COLUMNS, row) for row in self.rows]

    def save(self, folder: str | Path, command: str | None = None) -> list[Path]:
        """Write report.html, evaluation.json, .csv and .md, matrix.csv and .tex, all scores (images.csv), and pictures.

        `command` is what the report says was typed.

        Raises:
            OutputError: the folder cannot be written; nothing half-written stays.
        """
        from vitxplain.evaluation.report.write import save

        return save(self, user_path(folder), command)
