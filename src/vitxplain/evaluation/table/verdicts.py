"""Verdict: which method of a model to take by the table, in a sentence or two."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vitxplain.evaluation.table.notes import FEW
from vitxplain.evaluation.table.rows import FEWEST, Row
from vitxplain.evaluation.table.standings import Place
from vitxplain.metrics.base import Metric
from vitxplain.words import counted, joined

NAMED: Final = 3  # of many methods


@dataclass(frozen=True)
class MethodVerdict:
    """The metrics by which a method is best or tied, beats the controls, and loses to a control; and to which ones."""

    method: str
    best: tuple[str, ...]
    beats: tuple[str, ...]
    loses: tuple[str, ...]
    controls: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What the table says of a model; as text a sentence or two.

    `methods` are all of the model's, the one to take first. `metrics` are those that count: one way is better, a map
    that does not look at the image does not do best, and enough images decide; `controlled` are those of them where
    controls are compared.
    """

    model: str
    data: str
    images: int
    metrics: tuple[str, ...]
    controlled: tuple[str, ...]
    methods: tuple[MethodVerdict, ...]

    @property
    def method(self) -> str | None:
        """The one to take; None where methods cannot be told apart, or none beats the controls."""
        first, *others = self.methods
        believed = first.beats or not self.controlled
        return first.method if others and self._apart and first.best and believed else None

    @property
    def equals(self) -> tuple[str, ...]:
        """Others that are best or tied by the same metrics as the first and beat the controls by as many."""
        first, *others = self.methods
        merits = first.best, len(first.beats)
        return tuple(other.method for other in others if (other.best, len(other.beats)) == merits)

    @property
    def _apart(self) -> bool:
        """Whether some method is not best or tied by some metric."""
        return any(len(method.best) < len(self.metrics) for method in self.methods)

    def __str__(self) -> str:
        return f"{self.model} on {self.data}: {self._choice()}.{self._losses()}"

    @property
    def few(self) -> bool:
        """Whether the images are so few that more may say otherwise."""
        return self.images < FEW

    def record(self) -> dict[str, Any]:
        """As plain values."""
        methods = [
            {
                "method": method.method,
                "best_or_tied": method.best,
                "beats_controls": method.beats,
                "loses_to_controls": method.loses,
                "controls": method.controls,
            }
            for method in self.methods
        ]
        return {
            "model": self.model,
            "take": self.method,
            "metrics": self.metrics,
            "methods": methods,
            "text": str(self),
        }

    def _choice(self) -> str:
        first, names = self.methods[0], [method.method for method in self.methods]
        images, metrics = counted(self.images, "image"), counted(len(self.metrics), "metric")
        few = f"{images} {'is' if self.images == 1 else 'are'} too few to"
        if not self.metrics:
            return f"{few} tell anything, a verdict takes {FEWEST}"
        cannot = few if self.few else f"{images} do not"
        if self.method:
            equals = f"; {joined(_first(self.equals))} {'does' if len(self.equals) == 1 else 'do'} as well"
            take = f"{self.method} looks best so far: it is" if self.few else f"take {self.method}, which is"
            best = f"{take} best or tied on {len(first.best)} of {metrics}"
            doubt = f", by {images}, which are few" if self.few else ""
            return f"{best}{self._beats(first, ' and beats the controls on ')}{doubt}{equals if self.equals else ''}"
        if self.controlled and not any(method.beats for method in self.methods):
            controlled = counted(len(self.controlled), "metric")
            return f"take none, {cannot} show one that beats the controls on any of {controlled}"
        if len(names) == 1:
            return f"{names[0]} is the only method{self._beats(first, ' and beats the controls on ')}"
        if self._apart:
            return "take none, none is both best or tied and beats the controls"
        alike: dict[int, list[MethodVerdict]] = {}
        for method in self.methods:
            alike.setdefault(len(method.beats), []).append(method)
        beats = [self._all_beat(methods) for methods in alike.values()]
        return "; ".join(
            [f"{cannot} tell {joined(_first(names))} apart on any of {metrics}", *_first([*filter(None, beats)])]
        )

    def _beats(self, method: MethodVerdict, words: str) -> str:
        return f"{words}{len(method.beats)} of {len(self.controlled)}" if method.beats else ""

    def _all_beat(self, methods: Sequence[MethodVerdict]) -> str:
        """Of methods that beat the controls on as many metrics."""
        verb = "beats" if len(methods) == 1 else "each beat"
        names = joined(_first([method.method for method in methods]))
        return self._beats(methods[0], f"{names} {verb} the controls on ")

    def _losses(self) -> str:
        lost = sorted((method for method in self.methods if method.loses), key=lambda method: -len(method.loses))
        total = counted(len(self.controlled), "metric")
        texts = [
            f"{method.method} loses to a control on {len(method.loses)} of {total} ({', '.join(method.controls)})"
            for method in lost
        ]
        return f" {'; '.join(_first(texts))}." if texts else ""


def verdicts(
    rows: Sequence[Row], standing_of: Collection[Place], metrics: Mapping[str, Metric], data: str
) -> tuple[Verdict, ...]:
    """One for each model that was scored by a metric that counts; rows come the best first.

    `standing_of` has those that are best or tied (`standings`).
    """
    counting = {name for name, metric in metrics.items() if metric.better != "neither" and not metric.blind_wins}
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.metric in counting and not row.control:
            groups.setdefault(row.model, []).append(row)
    return tuple(_verdict(model, data, group, standing_of) for model, group in groups.items())


def _verdict(model: str, data: str, rows: Sequence[Row], standing_of: Collection[Place]) -> Verdict:
    """Of the methods' rows of one model."""
    by_metric: dict[str, list[Row]] = {}
    for row in rows:
        by_metric.setdefault(row.metric, []).append(row)
    decided = {name: group for name, group in by_metric.items() if any(row.decisive >= FEWEST for row in group)}
    places = Counter[str]()
    for group in decided.values():
        places.update({row.method: place for place, row in enumerate(group)})
    names = dict.fromkeys(row.method for row in rows)
    methods = [
        _method_verdict(name, [row for group in decided.values() for row in group if row.method == name], standing_of)
        for name in names
    ]

    def rank(method: MethodVerdict) -> tuple[bool, int, int, int]:
        """Those that are best or tied and beat a control first; at last by their places in the table."""
        proven = bool(method.best and method.beats)
        return not proven, -len(method.best), -len(method.beats), places[method.method]

    methods.sort(key=rank)
    return Verdict(
        model=model,
        data=data,
        images=max(row.images for row in rows),
        metrics=tuple(decided),
        controlled=tuple(name for name, group in decided.items() if any(row.lead for row in group)),
        methods=tuple(methods),
    )


def _method_verdict(method: str, rows: Sequence[Row], standing_of: Collection[Place]) -> MethodVerdict:
    lost = [row for row in rows if row.verdict == "no"]
    return MethodVerdict(
        method=method,
        best=tuple(row.metric for row in rows if (row.model, method, row.metric) in standing_of),
        beats=tuple(row.metric for row in rows if row.verdict == "yes"),
        loses=tuple(row.metric for row in lost),
        controls=tuple(dict.fromkeys(str(row.rival) for row in lost)),
    )


def _first(texts: Sequence[str]) -> list[str]:
    """The first of many, and how many there are beside."""
    return [*texts[:NAMED], f"{len(texts) - NAMED} more"] if len(texts) > NAMED + 1 else list(texts)
