"""Scores on disk, a line for each map: written as they come, so that a killed evaluation goes on where it was."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from vitxplain.metrics.pixels import Counts

Key: TypeAlias = tuple[str, str, str]  # model, method, image
Curve: TypeAlias = tuple[tuple[float, float], ...]
ANSWERS: Final = ("right", "probability")  # not in folders written before they were kept


@dataclass(frozen=True)
class MapScores:
    """All that was measured of one map; a metric that is not defined for it is NaN."""

    model: str
    method: str  # a method, or the name of a control
    image: str
    scores: Mapping[str, float]
    counts: Mapping[str, Counts] = field(default_factory=dict)  # pixels, for metrics that pool them over images
    curves: Mapping[str, Curve] = field(default_factory=dict)  # of metrics that are areas under one
    constant: bool = False
    broken: bool = False  # some of the map's values were no numbers
    stretched: bool = False  # it had other proportions than its image
    control: bool = False
    right: bool | None = None  # whether the model finds the image's class; None where it has other classes
    probability: float | None = None  # that the model gives the class explained; None without one

    @property
    def key(self) -> Key:
        """Which map it is about."""
        return self.model, self.method, self.image

    def as_json(self) -> str:
        """One line of JSON; NaN becomes null."""
        scores = {name: None if math.isnan(value) else value for name, value in self.scores.items()}
        return json.dumps({**vars(self), "scores": scores, "counts": dict(self.counts)})

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "MapScores":
        """From what `as_json` wrote."""
        scores = {name: math.nan if value is None else value for name, value in found["scores"].items()}
        counts = {name: Counts(*values) for name, values in found["counts"].items()}
        curves = {name: tuple((x, y) for x, y in points) for name, points in found["curves"].items()}
        return cls(**{**found, "scores": scores, "counts": counts, "curves": curves})

    def joined(self, later: "MapScores") -> "MapScores":
        """With the scores of another line about the same map."""
        together = {name: {**getattr(self, name), **getattr(later, name)} for name in ("scores", "counts", "curves")}
        answers = {name: getattr(later if getattr(self, name) is None else self, name) for name in ANSWERS}
        return MapScores(**{**vars(self), **together, **answers})


def read(folder: Path) -> dict[Key, MapScores]:
    """The lines of all processes by map; one that was cut off while it was written is left out."""
    found: dict[Key, MapScores] = {}
    for file in sorted(folder.glob("scores-*.jsonl")):
        for line in _whole(file):
            found[line.key] = found[line.key].joined(line) if line.key in found else line
    return found


def _whole(file: Path) -> Iterator[MapScores]:
    *whole, _cut_off = file.read_bytes().split(b"\n")
    return (MapScores.of(json.loads(text)) for text in whole)
