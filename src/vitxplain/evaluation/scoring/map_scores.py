"""MapScores: the scores of a map, a line of JSON each on disk."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from vitxplain.evaluation.kept_lines import KeptLines
from vitxplain.evaluation.scoring.curve_points import CurvePoints
from vitxplain.evaluation.scoring.lines import read_lines
from vitxplain.metrics.pixels import Counts

Key: TypeAlias = tuple[str, str, str, str]
MAP: Final = ("model", "method", "image", "region")  # what a key says
ANSWER_FIELDS: Final = ("right", "probability")  # not in folders written before they were kept


@dataclass(frozen=True)
class MapScores:
    """All scores of one map; a metric that is not defined for it is NaN."""

    model: str
    method: str  # a method, or the name of a control
    image: str
    scores: Mapping[str, float]
    counts: Mapping[str, Counts] = field(default_factory=dict)  # pixels, for metrics that pool them over images
    curves: Mapping[str, CurvePoints] = field(default_factory=dict)  # of metrics that are areas under one
    constant: bool = False
    broken: bool = False  # some of the map's values were no numbers
    stretched: bool = False  # it had other proportions than its image
    control: bool = False
    right: bool | None = None  # whether the model finds the image's class; None where it has other classes
    probability: float | None = None  # that the model gives the class explained; None without one
    region: str = ""  # of a model that finds things which object or class of the image the map is about

    @property
    def key(self) -> Key:
        """Which map it is about."""
        return self.model, self.method, self.image, self.region

    @property
    def subject(self) -> tuple[str, str]:
        """What it is a map of: the image, and the region in it."""
        return self.image, self.region

    def as_json(self) -> str:
        """One line of JSON; NaN becomes null, and the map of a whole image names no region."""
        scores = {name: None if math.isnan(value) else value for name, value in self.scores.items()}
        fields = {**vars(self), "scores": scores, "counts": dict(self.counts)}
        fields["curves"] = {name: list(points) for name, points in self.curves.items()}
        return json.dumps({name: value for name, value in fields.items() if name != "region" or value})

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "MapScores":
        """From what `as_json` wrote.

        Raises:
            ValueError, or whatever else comes of it: it is something else.
        """
        scores = {name: math.nan if value is None else float(value) for name, value in fields["scores"].items()}
        counts = {name: Counts(*map(int, values)) for name, values in fields["counts"].items()}
        curves = {name: CurvePoints((x, y) for x, y in points) for name, points in fields["curves"].items()}
        map_scores = cls(**{**fields, "scores": scores, "counts": counts, "curves": curves})
        if not all(isinstance(name, str) for name in map_scores.key):
            raise ValueError(f"{map_scores.key} names no map")
        return map_scores

    def joined(self, later: "MapScores") -> "MapScores":
        """With later scores of the same map."""
        together = {name: {**getattr(self, name), **getattr(later, name)} for name in ("scores", "counts", "curves")}
        answers = {name: getattr(later if getattr(self, name) is None else self, name) for name in ANSWER_FIELDS}
        return MapScores(**{**vars(self), **together, **answers})


def kept(lines: KeptLines[Key], key: Key) -> MapScores | None:
    """The scores of a map among those that are kept."""
    line = lines.get(key)
    return None if line is None else scores_of(line)


def scores_of(line: str) -> MapScores:
    """From a line that `as_json` wrote."""
    return MapScores.of(json.loads(line))


def keep(lines: KeptLines[Key], map_scores: MapScores) -> None:
    """Keep scores, joined with earlier ones of the same map."""
    earlier = kept(lines, map_scores.key)
    lines.put(map_scores.key, (earlier.joined(map_scores) if earlier else map_scores).as_json())


def read(folder: Path, damaged: Callable[[Path, int], object] = lambda _file, _count: None) -> KeptLines[Key]:
    """The scores of all processes by map; a line that was cut off while it was written is left out.

    `damaged` hears of files with other lines that cannot be read, and how many; they are left out, too.
    """
    lines: KeptLines[Key] = KeptLines(len(MAP))
    for file in sorted(folder.glob("scores-*.jsonl")):
        if unreadable := read_lines(file, MapScores.of, partial(keep, lines)):
            damaged(file, unreadable)
    return lines
