"""The rows of the table: one method of one model by one metric, with intervals, beside the controls."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.metrics.base import Better, Metric
from vitxplain.metrics.intervals import Interval, bootstrap, bootstrap_sums
from vitxplain.metrics.pixels import Counts, PixelMetric

FEWEST = 5  # images: resampling fewer says nothing of chance


@dataclass(frozen=True)
class Row:
    """One method of one model by one metric, over the images.

    `undefined` counts the images where the metric is NaN; of the maps `constant` those without any variation,
    `broken` those with values that are no numbers, `stretched` those of other proportions than their image. `pooled` is
    the metric of all pixels of all images together, where it has such a form, `threshold` the level that was chosen for
    it on validation images. `lead` is the paired difference, image
    by image, to the control that does best: above zero means better, whichever way the metric runs.
    """

    model: str
    method: str
    metric: str
    better: Better
    images: int
    score: Interval
    pooled: Interval | None
    lead: Interval | None
    rival: str | None
    undefined: int
    constant: int
    broken: int
    stretched: int
    control: bool
    threshold: float | None = None

    @property
    def verdict(self) -> str:
        """Whether it beats the best control by more than chance: "yes", "no" (it is worse) or "cannot tell"."""
        if self.lead is None:
            return ""
        if self.images - self.undefined < FEWEST:
            return "cannot tell"
        return "yes" if self.lead.low > 0 else "no" if self.lead.high < 0 else "cannot tell"


def rows_of(
    model: str,
    name: str,
    metric: Metric,
    methods: Mapping[str, list[MapScores]],
    levels: Mapping[str, float] | None = None,
) -> list[Row]:
    """The rows of one model and metric: the best method first, the controls after the methods, each with its scores.

    `levels` are the thresholds chosen, by method.
    """
    levels = levels or {}
    sign = -1 if metric.better == "lower" else 1
    values = {
        method: {map_score.image: map_score.scores[name] for map_score in map_scores if name in map_score.scores}
        for method, map_scores in methods.items()
    }
    values = {method: scores for method, scores in values.items() if scores}
    means = {method: sign * mean(np.array(list(scores.values()))).mean for method, scores in values.items()}
    controls = [method for method in values if methods[method][0].control]
    rival = max(controls, key=lambda method: np.nan_to_num(means[method], nan=-np.inf), default=None)
    rows = []
    for method in sorted(values, key=lambda name: (name in controls, -np.nan_to_num(means[name], nan=-np.inf))):
        scores = np.array(list(values[method].values()))
        counts = [map_score.counts[name] for map_score in methods[method] if name in map_score.counts]
        lead = None
        if rival is not None and method not in controls and metric.better != "neither" and not metric.blind_wins:
            lead = paired(values[method], values[rival], sign)
        rows.append(
            Row(
                model=model,
                method=method,
                metric=name,
                better=metric.better,
                images=len(scores),
                score=mean(scores),
                pooled=_pooled(counts, metric) if counts and isinstance(metric, PixelMetric) else None,
                lead=lead,
                rival=rival if lead else None,
                undefined=int(np.isnan(scores).sum()),
                constant=sum(map_score.constant for map_score in methods[method]),
                broken=sum(map_score.broken for map_score in methods[method]),
                stretched=sum(map_score.stretched for map_score in methods[method]),
                control=method in controls,
                threshold=levels.get(method),
            )
        )
    return rows


def _pooled(counts: list[Counts], metric: PixelMetric) -> Interval:
    return bootstrap_sums(np.array(counts, np.int64), lambda sums: metric.of(Counts(*sums.tolist())))


def mean(scores: Float[np.ndarray, " image"]) -> Interval:
    """Over the images where the metric is defined."""
    defined = scores[~np.isnan(scores)]
    return bootstrap(defined) if len(defined) else Interval(np.nan, np.nan, np.nan)


def paired(first: Mapping[str, float], second: Mapping[str, float], sign: int = 1) -> Interval:
    """The first minus the second, over the images where both are defined."""
    return mean(np.array([sign * (first[image] - second[image]) for image in first if image in second]))
