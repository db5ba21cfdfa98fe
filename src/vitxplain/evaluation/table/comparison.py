"""Which of two methods is better, image by image: what decides is the interval of the paired difference."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from vitxplain.evaluation.table.clusters import cluster_difference, images_defined
from vitxplain.evaluation.table.method_scores import MethodScores
from vitxplain.evaluation.table.rows import FEWEST, Row
from vitxplain.metrics.base import Better
from vitxplain.metrics.intervals import Interval


@dataclass(frozen=True)
class Comparison:
    """The first minus the second, image by image, over the images where both are defined.

    Above zero the first is better, whichever way the metric runs; where no way is better, it is greater.
    """

    metric: str
    better: Better
    first: tuple[str, str]  # model, method
    second: tuple[str, str]
    difference: Interval
    images: int

    @property
    def winner(self) -> tuple[str, str] | None:
        """Who is better by more than chance; None where that cannot be told, or where no way is better."""
        if self.better == "neither" or self.images < FEWEST or self.difference.low <= 0 <= self.difference.high:
            return None
        return self.first if self.difference.low > 0 else self.second

    @property
    def between(self) -> bool:
        """Whether two models are compared."""
        return self.first[0] != self.second[0]

    @property
    def names(self) -> tuple[str, str]:
        """Of both, without the model where it is the same."""
        first, second = (
            f"{method} of {model}" if self.between else method for model, method in (self.first, self.second)
        )
        return first, second

    def words(self, *, models: int) -> str:
        """Who is compared, and of which model if there are several."""
        first, second = self.names
        return f"{first} over {second}" + f", both of {self.first[0]}" * (models > 1 and not self.between)


def comparisons(rows: Sequence[Row], methods: Iterable[MethodScores], better: Mapping[str, Better]) -> list[Comparison]:
    """Between models the best method of each; within each model every method with every other; the better one first.

    Rows come as in the table, the best first. Intervals are for one comparison each: of twenty one is wrong by chance.
    """
    by_name = {(method.model, method.method): method for method in methods}
    pairs_compared = []
    for metric in better:
        sign = -1 if better[metric] == "lower" else 1
        by_model: dict[str, list[Row]] = {}
        for row in rows:
            if row.metric == metric and not row.control:
                by_model.setdefault(row.model, []).append(row)
        pairs = [pair for model_rows in by_model.values() for pair in combinations(model_rows, 2)]
        best = [model_rows[0] for model_rows in by_model.values()]
        best.sort(key=lambda row: -sign * np.nan_to_num(row.score.mean))
        for ahead, behind in [*combinations(best, 2), *pairs]:
            first, second = (ahead.model, ahead.method), (behind.model, behind.method)
            ahead_scores, behind_scores = by_name[first].scores(metric), by_name[second].scores(metric)
            both = [subject for subject in ahead_scores if subject in behind_scores]
            images = images_defined({subject: ahead_scores[subject] - behind_scores[subject] for subject in both})
            difference = cluster_difference(ahead_scores, behind_scores, sign)
            pairs_compared.append(Comparison(metric, better[metric], first, second, difference, images))
    return pairs_compared


def strongest(decided: Sequence[Comparison], count: int) -> list[Comparison]:
    """So many, in their order: of each metric in turn its clearest, those between models first."""
    taken: Counter[str] = Counter()
    turns: list[tuple[int, Comparison]] = []
    for comparison in sorted(decided, key=_rank):
        turns.append((taken[comparison.metric], comparison))
        taken[comparison.metric] += 1
    chosen = [comparison for _, comparison in sorted(turns, key=lambda turn: turn[0])[:count]]
    return [comparison for comparison in decided if comparison in chosen]


def _rank(comparison: Comparison) -> tuple[bool, float]:
    """Between models first, then by how many times its own reach the difference lies from zero."""
    reach = comparison.difference.high - comparison.difference.low
    return not comparison.between, -abs(comparison.difference.mean) / max(reach, 1e-9)
