"""Which of two methods is better, image by image: what decides is the interval of the paired difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from vitxplain.evaluation.lines import Line
from vitxplain.evaluation.rows import FEWEST, Row, paired
from vitxplain.metrics.base import Better
from vitxplain.metrics.intervals import Interval


@dataclass(frozen=True)
class Comparison:
    """The mean of the first minus the second, over the images where both are defined."""

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
        return self.first if (self.difference.low > 0) == (self.better == "higher") else self.second

    @property
    def names(self) -> tuple[str, str]:
        """Of both, without the model where it is the same."""
        same = self.first[0] == self.second[0]
        first, second = (method if same else f"{method} of {model}" for model, method in (self.first, self.second))
        return first, second


def comparisons(rows: Sequence[Row], lines: Sequence[Line], better: Mapping[str, Better]) -> list[Comparison]:
    """Within each model every method with every other; between models the best method of each.

    Rows come as in the table, the best first. Intervals are for one comparison each: of twenty one is wrong by chance.
    """
    scores: dict[tuple[str, str, str], dict[str, float]] = {}
    for line in lines:
        for metric, score in line.scores.items():
            scores.setdefault((line.model, line.method, metric), {})[line.image] = score
    found = []
    for metric in better:
        methods: dict[str, list[str]] = {}
        for row in rows:
            if row.metric == metric and not row.control:
                methods.setdefault(row.model, []).append(row.method)
        pairs = [
            ((model, one), (model, other)) for model, those in methods.items() for one, other in combinations(those, 2)
        ]
        pairs += combinations([(model, those[0]) for model, those in methods.items()], 2)
        for first, second in pairs:
            one, other = scores[*first, metric], scores[*second, metric]
            both = [image for image in one if image in other and one[image] - other[image] == one[image] - other[image]]
            found.append(Comparison(metric, better[metric], first, second, paired(one, other), len(both)))
    return found
