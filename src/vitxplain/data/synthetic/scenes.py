"""Several handwritten digits in one picture, coloured, among scraps of others, over a texture: boxes, masks, a map."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from vitxplain.data.sample import ClassMap, DataSet, ExactBox, LabelledObject, Mask, Sample, Split
from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic.glyphs import COLOURS
from vitxplain.data.synthetic.grounds import Picture, as_bytes, ground
from vitxplain.data.synthetic.scene_layout import Layout, Stroke
from vitxplain.errors import OptionError

COUNTS: dict[Split, int] = {"train": 10_000, "validation": 500, "test": 1_000}
SMALLEST = 32  # pixels
MOST_OBJECTS = 100
SCENES = 1  # a stream of random numbers that digits do not use
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Scenes(DataSet):
    """One to four digits of any colour, hardly hidden by one another, and scraps, which are no digits.

    Each digit is an object with its name, box, mask and colour; the class map has 0 where there is none. The class of
    a scene is that of the digit of which most is seen. The same (split, size, seed, count, hardness) gives the same
    pixels on every machine; splits share no source digit. In training, every epoch is new, and `hardness` rises from 0
    over the first `curriculum` of it, from epoch to epoch.
    """

    split: Split = "test"
    size: tuple[int, int] = (96, 96)  # (height, width) in pixels
    seed: int = 0
    count: int | None = None  # images in the set
    least: int = 1  # digits in a scene
    most: int = 4  # where they find room
    hardness: float = 1.0  # 0: large digits, apart, on plain grounds; 1: small ones on textures among scraps
    curriculum: float = 0.3
    epoch: int = 0

    name = "scenes"
    has_masks = True
    labels = DIGITS
    object_labels = DIGITS
    map_labels = ("background", *DIGITS)

    def __post_init__(self) -> None:
        if min(self.size) < SMALLEST:
            height, width = self.size
            raise OptionError(f"digits in scenes of {height} x {width} px cannot be read; take {SMALLEST} px or more.")
        if not 0 <= self.hardness <= 1 or not 0 <= self.curriculum <= 1:
            raise OptionError("hardness and curriculum are shares: give numbers from 0 to 1.")
        if not 1 <= self.least <= self.most <= MOST_OBJECTS:
            raise OptionError(
                f"scenes have from 1 to {MOST_OBJECTS} digits, the least not above the most; "
                f"least is {self.least} and most is {self.most}."
            )

    def __len__(self) -> int:
        return COUNTS[self.split] if self.count is None else self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images; there is no image {index}.")
        random = StableRandom(self.seed, tuple(COUNTS).index(self.split), self.epoch, index, SCENES)
        layout = Layout(self.split, self.size, self.hardness, self.most)
        texture, background = ground(self.size, random, self.hardness)
        number = self.least + random.whole(self.most - self.least + 1)
        digits = layout.digits(random, number, first=index % len(DIGITS))
        scraps = layout.scraps(random, round((2 + random.whole(4)) * self.hardness), digits)
        objects = _objects(digits, self.size)
        class_map = _class_map(objects, self.size)
        largest = max(objects, key=_visible)
        alike = [labelled for labelled in objects if labelled.label == largest.label]
        return Sample(
            image=Image.fromarray(as_bytes(_painted(background, [*scraps, *digits], random))),
            label=largest.label,
            name=f"{self.name}/{self.split}/{index:05d}",
            mask=class_map == largest.label + 1,
            boxes=tuple(labelled.box.pixels() for labelled in alike),
            facts={"texture": texture},
            objects=objects,
            class_map=class_map,
        )

    def during(self, epoch: int, progress: float) -> "Scenes":
        risen = 1.0 if not self.curriculum else min(1.0, progress / self.curriculum)
        return replace(self, epoch=epoch + 1, hardness=self.hardness * risen)


def _painted(background: Picture, strokes: Sequence[Stroke], random: StableRandom) -> Picture:
    """The strokes in their colours, the last one on top."""
    picture = np.array(background)
    for stroke in strokes:
        ink = stroke.ink[..., None]
        colour = np.asarray(COLOURS[stroke.colour]) * random.between(0.94, 1.0)
        picture[stroke.window] = picture[stroke.window] * (1 - ink) + colour * ink
    return picture


def _objects(digits: Sequence[Stroke], size: tuple[int, int]) -> tuple[LabelledObject, ...]:
    """What is seen of each digit, in the order they are drawn."""
    above = np.zeros(size, bool)
    objects = []
    for stroke in reversed(digits):
        mask = stroke.covered(size) & ~above
        above |= mask
        label = stroke.digit or 0
        objects.append(LabelledObject(label, DIGITS[label], _box(mask), mask, facts={"colour": stroke.colour}))
    return tuple(reversed(objects))


def _box(mask: Mask) -> ExactBox:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return ExactBox(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def _visible(labelled: LabelledObject) -> int:
    return 0 if labelled.mask is None else int(labelled.mask.sum())


def _class_map(objects: Sequence[LabelledObject], size: tuple[int, int]) -> ClassMap:
    class_map = np.zeros(size, np.int16)
    for labelled in objects:
        class_map[labelled.mask] = labelled.label + 1
    return class_map
