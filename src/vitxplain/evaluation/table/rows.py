"""The rows of the table: one method of one model by one metric, with intervals, beside the controls."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vitxplain.evaluation.table.clusters import cluster_difference, cluster_mean, cluster_pooled, images_defined
from vitxplain.evaluation.table.method_scores import MethodScores
from vitxplain.metrics.base import Better, Metric
from vitxplain.metrics.intervals import Interval
from vitxplain.metrics.pixels import PixelMetric

FEWEST = 5  # images: resampling fewer says nothing of chance


@dataclass(frozen=True)
class Row:
    """One method of one model by one metric, over the images.

    Of a model that finds things an image may have several maps, `regions` in all; intervals are over resampled images.
    `undefined` counts the maps of which the metric is NaN; of the maps `constant` those without any variation,
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
    decisive: int  # images where the metric is defined for some map
    threshold: float | None = None
    regions: int | None = None  # of models that find things: objects or classes, each with a map

    @property
    def verdict(self) -> str:
        """Whether it beats the best control by more than chance: "yes", "no" (it is worse) or "cannot tell"."""
        if self.lead is None:
            return ""
        if self.decisive < FEWEST:
            return "cannot tell"
        return "yes" if self.lead.low > 0 else "no" if self.lead.high < 0 else "cannot tell"


def rows_of(
    model: str,
    name: str,
    metric: Metric,
    methods: Mapping[str, MethodScores],
    levels: Mapping[str, float] | None = None,
) -> list[Row]:
    """The rows of one model and metric: the best method first, the controls after the methods, each with its scores.

    `levels` are the thresholds chosen, by method.
    """
    levels = levels or {}
    sign = -1 if metric.better == "lower" else 1
    values = {method: scores for method, of_method in methods.items() if (scores := of_method.scores(name))}
    means = {method: sign * cluster_mean(scores).mean for method, scores in values.items()}
    controls = [method for method in values if methods[method].control]
    rival = max(controls, key=lambda method: np.nan_to_num(means[method], nan=-np.inf), default=None)
    rows = []
    for method in sorted(values, key=lambda name: (name in controls, -np.nan_to_num(means[name], nan=-np.inf))):
        scores, counts = values[method], methods[method].counts(name)
        lead = None
        if rival is not None and method not in controls and metric.better != "neither" and not metric.blind_wins:
            lead = cluster_difference(scores, values[rival], sign)
        rows.append(
            Row(
                model=model,
                method=method,
                metric=name,
                better=metric.better,
                images=len({image for image, _ in scores}),
                score=cluster_mean(scores),
                pooled=cluster_pooled(counts, metric) if counts and isinstance(metric, PixelMetric) else None,
                lead=lead,
                rival=rival if lead else None,
                undefined=sum(score != score for score in scores.values()),
                constant=methods[method].constant,
                broken=methods[method].broken,
                stretched=methods[method].stretched,
                control=method in controls,
                threshold=levels.get(method),
                regions=len(scores) if any(region for _, region in scores) else None,
                decisive=images_defined(scores),
            )
        )
    return rows
