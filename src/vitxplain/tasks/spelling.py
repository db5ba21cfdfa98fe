"""Targets as users write them for models that find things: `dog#1`, `object:0`, `box:...`, `@x,y`, `segment:3`."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np
from jaxtyping import Bool

from vitxplain.errors import TargetError
from vitxplain.geometry import Box, Geometry
from vitxplain.tasks.class_index import class_index

Read = TypeVar("Read")

EVERYTHING: Final = "all"

_TOKEN: Final = re.compile(r"cls|patch@.*|register:\d+")
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_BOX: Final = re.compile(rf"box:\s*({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")
_POINT: Final = re.compile(rf"@\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")
_NUMBERED: Final = re.compile(r"(object|segment):\s*(\d+)\s*")
_WAYS: Final = "object:0, segment:0, NAME, NAME#1, NAME~OTHER, box:LEFT,TOP,RIGHT,BOTTOM, @X,Y, mask:FILE or all"


@dataclass(frozen=True)
class Spelling:
    """What a user asks for in one image, parsed; with nothing set it is the best that the model found.

    Pixels are those of the original image, x from the left and y from the top.
    """

    text: str = ""
    everything: bool = False
    most: int | None = None  # of everything the best so many
    number: int | None = None  # of what was found, or among those of a class
    index: int | None = None  # a class
    against: int | None = None  # another class: why the one rather than the other
    box: Box | None = None
    point: tuple[float, float] | None = None
    region: Bool[np.ndarray, "height width"] | None = field(default=None, repr=False, compare=False)

    @property
    def names_something(self) -> bool:
        """Whether it is more than what the model finds, the best or all of it."""
        named = (self.number, self.index, self.box, self.point, self.region)
        return any(part is not None for part in named)


def spelled(target: Any, labels: Mapping[int, str]) -> Spelling:
    """One target as users write it: None, an index, a name, or text as at the command line.

    The whole text is tried as a class first: a class may be called "cat~dog".

    Raises:
        TargetError: it is nothing of the kind, or no class has this name.
    """
    if isinstance(target, Spelling):
        return target
    if target is None:
        return Spelling()
    if isinstance(target, np.ndarray) and target.ndim == 2 and target.dtype == bool:
        return Spelling("mask", region=_checked_region(target))
    if not isinstance(target, str):
        return Spelling(str(target), index=_known(class_index(target, labels), labels))
    text = target.strip()
    if match := _BOX.fullmatch(text):
        return Spelling(text, box=_checked_box(text, tuple(map(float, match.groups()))))
    if match := _POINT.fullmatch(text):
        return Spelling(text, point=(float(match[1]), float(match[2])))
    if match := _NUMBERED.fullmatch(text):
        return Spelling(text, number=int(match[2]))
    return _by_name(text, labels)


def class_pair(text: str, labels: Mapping[int, str]) -> tuple[int, int] | None:
    """The two classes of `cat~dog`; None where the whole text is a class, or there is no ~ in it.

    Raises:
        TargetError: one of them is no class, or both are the same.
    """
    with suppress(TargetError):
        _known(class_index(text, labels), labels)
        return None
    return _at_tilde(text, lambda name, other: _pair(text, name, other, labels)) if "~" in text else None


def _at_tilde(text: str, read: Callable[[str, str], Read]) -> Read:
    """What `read` makes of the names on both sides of the first ~ where it can; either may have a ~ in itself.

    Raises:
        TargetError: as `read` for the first ~, where it can make nothing of any; or there is nothing beside the ~.
    """
    parts = text.split("~")
    for cut in range(1, len(parts)):
        with suppress(TargetError):
            return read("~".join(parts[:cut]), "~".join(parts[cut:]))
    if not all(part.strip() for part in text.split("~", 1)):
        raise TargetError(f"target {text!r} has one class and no other; a contrast is CLASS~OTHER.")
    return read(parts[0], "~".join(parts[1:]))


def _pair(text: str, name: str, other: str, labels: Mapping[int, str]) -> tuple[int, int]:
    index, against = (_known(class_index(part.strip(), labels), labels) for part in (name, other))
    if index == against:
        raise TargetError(f"target {text!r} sets a class against itself; give two classes.")
    return index, against


def names_a_thing(text: str) -> bool:
    """Whether this is written as an object, a segment or a place in the image is, and not as a class."""
    return text.strip().startswith(("box:", "@", "object:", "segment:", "mask:"))


def token_refused(text: str, targets: str, instead: str) -> TargetError | None:
    """What to do instead, where this is written as a token that asks, which models without a head alone are asked for.

    `targets` are those of the model, `instead` is a sentence.
    """
    if not _TOKEN.fullmatch(text.strip()):
        return None
    return TargetError(
        f"target {text!r} is a token that asks, which is for models without a head; this one takes {targets}. {instead}"
    )


def _by_name(text: str, labels: Mapping[int, str]) -> Spelling:
    with suppress(TargetError):
        return Spelling(text, index=_known(class_index(text, labels), labels))
    if text == EVERYTHING:
        return Spelling(text, everything=True)
    if (refused := token_refused(text, _WAYS, "A place in the image is @X,Y.")) is not None:
        raise refused
    for start in ("box:", "@", "object:", "segment:"):
        if text.startswith(start):
            raise TargetError(f"target {text!r} cannot be read; targets are {_WAYS}.")
    with suppress(TargetError):
        return _numbered(text, text, labels)
    if "~" not in text:
        return _numbered(text, text, labels)
    return _at_tilde(text, lambda name, other: _difference(text, name, other, labels))


def _difference(text: str, name: str, other: str, labels: Mapping[int, str]) -> Spelling:
    spelling = _numbered(text, name, labels)
    against = _known(class_index(other.strip(), labels), labels)
    if against == spelling.index:
        raise TargetError(f"target {text!r} sets a class against itself; give two classes.")
    return replace(spelling, against=against)


def _numbered(text: str, name: str, labels: Mapping[int, str]) -> Spelling:
    """The class that a name means, or a name with # and a number."""
    with suppress(TargetError):
        return Spelling(text, index=_known(class_index(name.strip(), labels), labels))
    start, hash_, number = name.rpartition("#")
    if hash_ and not number.strip().isdecimal():
        raise TargetError(f"target {text!r}: after # stands a number from 0, such as {start.strip()}#1.")
    index = _known(class_index((start if hash_ else name).strip(), labels), labels)
    return Spelling(text, index=index, number=int(number) if hash_ else None)


def _known(index: int, labels: Mapping[int, str]) -> int:
    if index not in labels:
        raise TargetError(
            f"target {index} does not exist: the model has {len(labels)} classes, 0 to {len(labels) - 1}."
        )
    return index


def _checked_box(text: str, box: Any) -> Box:
    left, top, right, bottom = box
    if right <= left or bottom <= top:
        raise TargetError(f"target {text!r} is an empty box; give box:LEFT,TOP,RIGHT,BOTTOM in pixels of the image.")
    return left, top, right, bottom


def _checked_region(region: Bool[np.ndarray, "height width"]) -> Bool[np.ndarray, "height width"]:
    if not region.any():
        raise TargetError("the mask of the target is empty: none of its pixels is set; give one that marks a region.")
    return region


def check_point(text: str, point: tuple[float, float], geometry: Geometry) -> None:
    """Raises:
    TargetError: the point (x, y) lies outside the image, or where the model does not look; `text` is what was typed.
    """
    height, width = geometry.image_size
    if not (0 <= point[0] <= width and 0 <= point[1] <= height):
        raise TargetError(f"target {text!r} lies outside the image of {width} x {height} px.")
    across, down = geometry.on_input(*point)
    if not (0 <= across <= 1 and 0 <= down <= 1):
        raise TargetError(f"target {text!r} lies where the model did not look: it crops.")
