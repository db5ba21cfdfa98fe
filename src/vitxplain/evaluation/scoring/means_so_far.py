"""The means of a model's methods while its images are scored: what is said before the table is there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.metrics.base import Better


@dataclass
class MeansSoFar:
    """Sums over the maps of a model that grow with every batch, with those of an earlier run that goes on.

    `methods` are those whose means are told, by which metrics each, `better` which way of a metric is better; `images`
    of `total` are done, which of several processes each counts by itself.
    """

    model: str
    data: str
    methods: Mapping[str, Iterable[str]]
    total: int
    better: Mapping[str, Better]
    images: int = 0
    _sums: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict, repr=False)

    @property
    def finished(self) -> bool:
        """Whether every image is done."""
        return self.images >= self.total

    def add(self, map_scores: Iterable[MapScores]) -> None:
        """Take in scores that are new; where a metric is not defined, it counts nothing."""
        for map_score in map_scores:
            for metric, score in map_score.scores.items():
                if score == score:
                    total, count = self._sums.get((map_score.method, metric), (0.0, 0))
                    self._sums[map_score.method, metric] = total + score, count + 1

    def best(self) -> dict[str, tuple[str, float]]:
        """By metric the method that is best so far, with its mean; without metrics that tell no better from worse."""
        of_metrics: dict[str, list[tuple[str, float]]] = {}
        for method, scores in self.means().items():
            for metric, mean in scores.items():
                of_metrics.setdefault(metric, []).append((method, mean))
        return {
            metric: (max if self.better[metric] == "higher" else min)(scores, key=itemgetter(1))
            for metric, scores in of_metrics.items()
            if self.better[metric] != "neither"
        }

    def means(self) -> dict[str, dict[str, float]]:
        """By method, then by metric; without those of which nothing is known yet."""
        return {
            method: {
                metric: self._sums[method, metric][0] / self._sums[method, metric][1]
                for metric in metrics
                if (method, metric) in self._sums
            }
            for method, metrics in self.methods.items()
        }
