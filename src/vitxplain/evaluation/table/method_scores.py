"""MethodScores: the scores of all maps of one method of one model, in columns, which take little memory."""

from array import array
from collections.abc import Iterable, Iterator, MutableSequence
from dataclasses import dataclass, field
from typing import TypeAlias

from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.clusters import Subject
from vitxplain.metrics.pixels import Counts

Answer: TypeAlias = tuple[bool | None, float]  # `right` and `probability` of a map's scores
_RIGHT = {None: -1, False: 0, True: 1}
_ANSWERS = {number: right for right, number in _RIGHT.items()}


@dataclass(eq=False)
class MethodScores:
    """Of each map what it is of, its scores and what the model said of it; `constant` and so on count such maps."""

    model: str
    method: str
    control: bool
    constant: int = 0
    broken: int = 0
    stretched: int = 0
    subjects: list[Subject] = field(default_factory=list, repr=False)
    _scores: dict[str, MutableSequence[float]] = field(default_factory=dict, repr=False)
    _scored: dict[str, MutableSequence[int]] = field(default_factory=dict, repr=False)  # which maps those are of
    _counts: dict[str, MutableSequence[int]] = field(default_factory=dict, repr=False)  # four numbers a map
    _counted: dict[str, MutableSequence[int]] = field(default_factory=dict, repr=False)
    _right: MutableSequence[int] = field(default_factory=lambda: array("b"), repr=False)
    _probability: MutableSequence[float] = field(default_factory=lambda: array("d"), repr=False)
    _answered: MutableSequence[int] = field(default_factory=lambda: array("b"), repr=False)

    def add(self, map_scores: MapScores, subject: Subject) -> None:
        """Another map; `subject` is its own, one object for all methods."""
        number = len(self.subjects)
        self.subjects.append(subject)
        for name, score in map_scores.scores.items():
            self._scores.setdefault(name, array("d")).append(score)
            self._scored.setdefault(name, array("q")).append(number)
        for name, counts in map_scores.counts.items():
            self._counts.setdefault(name, array("q")).extend(counts)
            self._counted.setdefault(name, array("q")).append(number)
        self.constant += map_scores.constant
        self.broken += map_scores.broken
        self.stretched += map_scores.stretched
        self._right.append(_RIGHT[map_scores.right])
        self._probability.append(map_scores.probability or 0.0)
        self._answered.append(map_scores.probability is not None)

    def scores(self, metric: str) -> dict[Subject, float]:
        """Those by a metric, of the maps that were scored by it."""
        numbers = self._scored.get(metric, ())
        scores = zip(numbers, self._scores.get(metric, ()), strict=True)
        return {self.subjects[number]: score for number, score in scores}

    def counts(self, metric: str) -> dict[Subject, Counts]:
        """The pixels that a metric counted, of the maps where it did."""
        pixels = iter(self._counts.get(metric, ()))
        numbers = self._counted.get(metric, ())
        fours = zip(numbers, zip(pixels, pixels, pixels, pixels, strict=True), strict=True)
        return {self.subjects[number]: Counts(*four) for number, four in fours}

    def answers(self) -> Iterator[tuple[str, Answer | None]]:
        """Of each map its image, and what the model said of it; None where that was not kept."""
        columns = zip(self.subjects, self._right, self._probability, self._answered, strict=True)
        for (image, _), right, probability, answered in columns:
            yield image, (_ANSWERS[right], probability) if answered else None


def method_scores(map_scores: Iterable[MapScores]) -> tuple[MethodScores, ...]:
    """By model and method, in the order in which they come."""
    methods: dict[tuple[str, str], MethodScores] = {}
    subjects: dict[Subject, Subject] = {}
    for map_score in map_scores:
        key = map_score.model, map_score.method
        if key not in methods:
            methods[key] = MethodScores(*key, map_score.control)
        methods[key].add(map_score, subjects.setdefault(map_score.subject, map_score.subject))
    return tuple(methods.values())
