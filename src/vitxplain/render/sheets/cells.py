"""What a grid of maps is made of: a cell a map, or why there is none, and headings of rows and columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from vitxplain.data.sample import Sample
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import Limits


@dataclass(frozen=True, eq=False)
class MapCell:
    """The heat map over its image; `limits` are the values that are black and brightest, None its own.

    What `truth` knows of the object is outlined. `plain` is the photograph alone, with what the model found in it.
    """

    explanation: Explanation
    caption: str = ""
    limits: Limits | None = None
    truth: Sample | None = field(default=None, repr=False)
    plain: bool = False


@dataclass(frozen=True)
class WordCell:
    """Why there is no map, in words."""

    reason: str


Cell: TypeAlias = MapCell | WordCell | None  # None: the place stays empty


@dataclass(frozen=True)
class Heading:
    """Of a row or a column; those of one `group` stand together, under its name."""

    text: str
    group: str = ""


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells by row, then column; `headline` and `detail` are the two lines above them, `bar` says what bright means."""

    rows: Sequence[Heading]
    columns: Sequence[Heading]
    cells: Sequence[Sequence[Cell]]
    headline: str
    detail: str
    bar: str
