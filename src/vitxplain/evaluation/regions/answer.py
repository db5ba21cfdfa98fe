"""ImageAnswer: which of the true regions of an image a model found, a line of JSON on disk."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

State: TypeAlias = Literal["found", "missed", "no such class", "does not count", "no mask"]
STATES: Final = get_args(State)


@dataclass(frozen=True)
class RegionAnswer:
    """One true region: whether the model found it, or why it is left out.

    `overlap` is the intersection over union with the best of its class that the model found, `score` how sure the model
    is of that; None where it found none of its class. `share` is the part of the image in which its map is to lie, as
    much as a map that is the same everywhere has there; None where it has no map, or an earlier version did not say.
    """

    region: str
    class_name: str
    state: State
    overlap: float | None = None
    score: float | None = None
    share: float | None = None

    @property
    def names(self) -> tuple[str, str]:
        """Of the region and of its class."""
        return self.region, self.class_name


@dataclass(frozen=True)
class ImageAnswer:
    """All true regions of one image."""

    model: str
    image: str
    regions: tuple[RegionAnswer, ...]

    @property
    def names(self) -> list[str]:
        """Of those that were found."""
        return [answer.region for answer in self.regions if answer.state == "found"]

    def as_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "ImageAnswer":
        """From what `as_json` wrote.

        Raises:
            ValueError, or whatever else comes of it: it is something else.
        """
        answers = tuple(RegionAnswer(**answer) for answer in fields["regions"])
        names = [fields["model"], fields["image"], *(name for answer in answers for name in answer.names)]
        numbers = [number for answer in answers for number in (answer.overlap, answer.score, answer.share)]
        if not (
            all(isinstance(name, str) for name in names)
            and all(number is None or isinstance(number, int | float) for number in numbers)
            and all(answer.state in STATES for answer in answers)
        ):
            raise ValueError("it is no answer about an image")
        return cls(fields["model"], fields["image"], answers)
