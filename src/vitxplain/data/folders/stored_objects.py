"""Objects of an image on disk: what is known of each before its mask is drawn or decoded."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from vitxplain.data.sample import ExactBox, LabelledObject, Mask
from vitxplain.errors import DataError


@runtime_checkable
class Pixels(Protocol):
    """Where the pixels of an object are said."""

    def read(self, size: tuple[int, int]) -> Mask:
        """True on the object, of an image of this (height, width)."""


@dataclass(frozen=True)
class StoredObject:
    """One object: the place of its name among those of the set, its name, its box and, where known, its pixels."""

    label: int
    name: str
    box: ExactBox
    pixels: Pixels | None = field(default=None, repr=False)
    ignore: bool = False

    def read(self, size: tuple[int, int]) -> LabelledObject:
        """With its mask, of an image of this (height, width); one without pixels is known by its box alone."""
        mask = None if self.pixels is None else self.pixels.read(size)
        shown = mask if mask is not None and mask.any() else None
        return LabelledObject(self.label, self.name, self.box, shown, self.ignore)


def inside(objects: Sequence[StoredObject], path: Path, size: tuple[int, int]) -> tuple[StoredObject, ...]:
    """The objects, boxes cut at the edges of their image, of this (height, width).

    Raises:
        DataError: a box lies outside, and so was drawn on another version of the image.
    """
    height, width = size
    cut = []
    for stored in objects:
        left, top, right, bottom = stored.box
        if left >= width or top >= height or right <= 0 or bottom <= 0:
            sides = ", ".join(f"{side:g}" for side in stored.box)
            raise DataError(
                f"the box {sides} (left, top, right, bottom) of {stored.name} on {path} lies outside the image, which "
                f"is {height} x {width} px (height x width); make boxes of the images as they are."
            )
        box = ExactBox(max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom))
        cut.append(stored if box == stored.box else replace(stored, box=box))
    return tuple(cut)


def left_out(thing: str, places: Sequence[str], why: str) -> list[str]:
    """A sentence that counts annotations that are left out, the first with its place; none where there are none."""
    if not places:
        return []
    things = f"{thing} is" if len(places) == 1 else f"{thing}s are"
    return [f"{len(places):,} {things} left out, {why}: {places[0]}{' and others' if len(places) > 1 else ''}."]


def mask_of_name(objects: Sequence[LabelledObject], name: str) -> Mask | None:
    """True on all objects of this name; None where one of them is known by its box alone."""
    masks = [labelled.mask for labelled in objects if labelled.name == name]
    real = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(real) if real and len(real) == len(masks) else None
