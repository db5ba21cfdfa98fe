"""Evaluation: what was measured, as a table with intervals that says what beats the controls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from vitxplain.evaluation.lines import Line
from vitxplain.metrics.base import Metric
from vitxplain.metrics.intervals import Interval, bootstrap
from vitxplain.metrics.pixels import Counts, PixelMetric


@dataclass(frozen=True)
class Row:
    """One method of one model by one metric, over the images.

    `undefined` counts the images where the metric is NaN, `constant` the maps without any variation. `pooled` is the
    metric of all pixels of all images together, where it has such a form. `lead` is the paired difference, image by
    image, to the control that does best: above zero means better, whichever way the metric runs.
    """

    model: str
    method: str
    metric: str
    images: int
    score: Interval
    pooled: float | None
    lead: Interval | None
    rival: str | None
    undefined: int
    constant: int
    control: bool

    @property
    def verdict(self) -> str:
        """Whether it beats every control by more than chance."""
        if self.lead is None:
            return ""
        return "yes" if self.lead.low > 0 else "no" if self.lead.high < 0 else "cannot tell"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of every map; iterate for the rows of the table, `records()` for a data frame."""

    lines: tuple[Line, ...] = field(repr=False)
    metrics: Mapping[str, Metric]
    skipped: tuple[str, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict, repr=False)

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
                found += _rows(model, name, metric, methods)
        return tuple(found)

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
                "control": row.control,
            }
            for row in self.rows
        ]

    def compared(self, metric: str) -> list[tuple[tuple[str, str], tuple[str, str], Interval]]:
        """Each (model, method) with every other by the paired difference of a metric, first minus second.

        Only images that both have count.
        """
        values = {
            key: {line.image: line.scores[metric] for line in self.lines if (line.model, line.method) == key}
            for key in dict.fromkeys((line.model, line.method) for line in self.lines if not line.control)
        }
        keys = list(values)
        return [
            (one, other, _paired(values[one], values[other]))
            for place, one in enumerate(keys)
            for other in keys[place + 1 :]
        ]

    def save(self, folder: str | Path) -> list[Path]:
        """Write evaluation.json, .csv and .md, images.csv with every single score, and the plots.

        Raises:
            OutputError: the folder cannot be written; nothing half-written stays.
        """
        from vitxplain.evaluation.files import save

        return save(self, Path(folder))


def _rows(model: str, name: str, metric: Metric, methods: Mapping[str, list[Line]]) -> list[Row]:
    """The rows of one model and metric."""
    sign = -1 if metric.better == "lower" else 1
    values = {
        method: {line.image: line.scores[name] for line in lines if name in line.scores}
        for method, lines in methods.items()
    }
    values = {method: scores for method, scores in values.items() if scores}
    means = {method: sign * _mean(np.array(list(scores.values()))).mean for method, scores in values.items()}
    controls = [method for method in values if methods[method][0].control]
    rival = max(controls, key=lambda method: np.nan_to_num(means[method], nan=-np.inf), default=None)
    rows = []
    for method in sorted(values, key=lambda one: (one in controls, -np.nan_to_num(means[one], nan=-np.inf))):
        scores = np.array(list(values[method].values()))
        own = [line.counts[name] for line in methods[method] if name in line.counts]
        lead = None
        if rival is not None and method not in controls and metric.better != "neither":
            lead = _paired(values[method], values[rival], sign)
        rows.append(
            Row(
                model=model,
                method=method,
                metric=name,
                images=len(scores),
                score=_mean(scores),
                pooled=metric.of(Counts(*np.sum(own, 0).tolist())) if own and isinstance(metric, PixelMetric) else None,
                lead=lead,
                rival=rival if lead else None,
                undefined=int(np.isnan(scores).sum()),
                constant=sum(line.constant for line in methods[method]),
                control=method in controls,
            )
        )
    return rows


def _mean(scores: Float[np.ndarray, " image"]) -> Interval:
    """Over the images where the metric is defined."""
    known = scores[~np.isnan(scores)]
    return bootstrap(known) if len(known) else Interval(np.nan, np.nan, np.nan)


def _paired(one: Mapping[str, float], other: Mapping[str, float], sign: int = 1) -> Interval:
    return _mean(np.array([sign * (one[image] - other[image]) for image in one if image in other]))
