"""Handwritten digits, coloured, at random place and size among scraps of others, over textures; the mask is known.

The digits are the 8 x 8 scans of the "Optical Recognition of Handwritten Digits" set (E. Alpaydin and C. Kaynak, UCI
Machine Learning Repository, 1998, CC BY 4.0) as scikit-learn distributes them, stored in digits.npz.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic import textures
from vitxplain.data.synthetic.textures import Plane
from vitxplain.errors import OptionError

COLOURS = {
    "white": (1.0, 1.0, 1.0),
    "yellow": (1.0, 0.92, 0.25),
    "orange": (1.0, 0.66, 0.35),
    "pink": (1.0, 0.62, 0.75),
    "green": (0.45, 0.95, 0.45),
    "cyan": (0.4, 0.92, 0.95),
    "blue": (0.6, 0.75, 1.0),
    "violet": (0.85, 0.65, 1.0),
}
GROUNDS = ("plain", *textures.TEXTURES)
COUNTS: dict[Split, int] = {"train": 10_000, "validation": 1_000, "test": 2_000}
# Of every 18 scans, in the order of the set, which writers and digits run through: 13 to learn, 2 and 3 to test.
PARTS: dict[Split, tuple[int, ...]] = {
    "train": (0, 1, 3, 4, 6, 7, 9, 10, 11, 12, 13, 15, 17),
    "validation": (5, 16),
    "test": (2, 8, 14),
}


@dataclass(frozen=True)
class Digits(DataSet):
    """Digits lighter than their ground, with scraps of other digits in the same colour beside them.

    The same (split, size, seed, count, hardness) gives the same pixels on every machine; splits share no source digit.
    In training, every epoch is new, and `hardness` rises from 0 over the first `curriculum` of it.
    """

    split: Split = "test"
    size: tuple[int, int] = (60, 60)  # (height, width) in pixels
    seed: int = 0
    count: int | None = None  # images in the set
    hardness: float = 1.0  # 0: large digits on plain grounds; 1: small ones on textures among scraps
    curriculum: float = 0.5
    label: Literal["digit", "texture", "colour"] = "digit"
    with_digit: bool = True  # False leaves ground and scraps alone: what else could give the class away?
    epoch: int = 0

    name = "digits"
    has_masks = True

    def __post_init__(self) -> None:
        if min(self.size) < 24:
            raise OptionError(f"digits of {self.size[0]} x {self.size[1]} px cannot be read; take 24 px or more.")
        if not 0 <= self.hardness <= 1 or not 0 <= self.curriculum <= 1:
            raise OptionError("hardness and curriculum are shares: give numbers from 0 to 1.")

    @property
    def labels(self) -> tuple[str, ...]:  # type: ignore[override]
        return {"digit": tuple("0123456789"), "texture": GROUNDS, "colour": tuple(COLOURS)}[self.label]

    def __len__(self) -> int:
        return COUNTS[self.split] if self.count is None else self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images; there is no image {index}.")
        random = StableRandom(self.seed, tuple(PARTS).index(self.split), self.epoch, index)
        digit = index % 10
        colour, ground, background = self._colours(random)
        side = min(self.size) * random.between(0.72 - 0.18 * self.hardness, 0.88 - 0.16 * self.hardness)
        centre = self._somewhere(random, margin=0.54 * side)
        alpha = self._drawn(random, _scan(self.split, digit, random), side, centre) * self.with_digit
        ink = np.maximum(alpha, self._scraps(random, side, centre))[..., None]
        picture = background * (1 - ink) + np.asarray(COLOURS[colour]) * random.between(0.94, 1.0) * ink
        words = {"digit": str(digit), "texture": ground, "colour": colour}
        return Sample(
            image=Image.fromarray(_bytes(picture)),
            label=self.labels.index(words[self.label]),
            name=f"{self.name}/{self.split}/{index:05d}",
            mask=alpha >= 0.5,
            facts=words,
        )

    def during(self, epoch: int, progress: float) -> "Digits":
        # Slow at first: a transformer is at chance for a thousand steps, and stays there if it is too hard by then.
        risen = 1.0 if not self.curriculum else min(1.0, progress / self.curriculum) ** 2
        return replace(self, epoch=epoch + 1, hardness=self.hardness * risen)

    def _colours(self, random: StableRandom) -> tuple[str, str, Float[np.ndarray, "height width 3"]]:
        """The digit's colour, the ground's name and its pixels: two dark colours, mixed by a texture."""
        colour = random.pick(tuple(COLOURS))
        ground = random.pick(textures.TEXTURES) if random.unit() < 0.9 * self.hardness else "plain"
        dark, other = random.units(3) * random.between(0, 0.3), random.units(3) * random.between(0.3, 0.7)
        if ground == "plain":
            return colour, ground, np.broadcast_to(random.pick((dark, other)), (*self.size, 3))
        weave = textures.texture(ground, self.size, random)[..., None]
        return colour, ground, dark * (1 - weave) + other * weave

    def _scraps(self, random: StableRandom, side: float, centre: tuple[float, float]) -> Plane:
        """Corners cut from other digits, in the strokes of this one, beside it: ink that is no digit."""
        ink = np.zeros(self.size)
        taken = [(centre, 0.85 * side)]
        for _ in range(round((4 + random.whole(8)) * self.hardness)):
            at = self._somewhere(random, margin=0.1 * side)
            if any(max(abs(at[0] - row), abs(at[1] - column)) < apart for (row, column), apart in taken):
                continue
            taken.append((at, 0.45 * side))
            scan = np.zeros((8, 8))
            row, column = random.whole(4), random.whole(4)
            whole = _scan(self.split, random.whole(10), random)
            scan[2:6, 2:6] = whole[row : row + 4, column : column + 4]
            ink = np.maximum(ink, self._drawn(random, scan, side, at))
        return ink

    def _somewhere(self, random: StableRandom, margin: float) -> tuple[float, float]:
        """A (row, column) at least this far from the border."""
        height, width = self.size
        return random.between(margin, height - margin), random.between(margin, width - margin)

    def _drawn(
        self, random: StableRandom, scan: Float[np.ndarray, "8 8"], side: float, centre: tuple[float, float]
    ) -> Plane:
        """How much ink lies on each pixel, [0, 1], the scan being `side` pixels wide, turned and bent a little."""
        # A turn by the angle 2 atan(t) needs no sine, whose last digit differs from machine to machine.
        t, shear, stretch = (random.between(-a, a) * self.hardness for a in (0.12, 0.15, 0.12))
        cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
        y = (np.arange(self.size[0])[:, None] + 0.5 - centre[0]) * (8 / side)
        x = (np.arange(self.size[1])[None, :] + 0.5 - centre[1]) * (8 / side)
        rows = (cosine * y - sine * x) * (1 + stretch)
        columns = (sine * y + cosine * x) * (1 - stretch) + shear * rows
        value = textures.bilinear(np.pad(scan, 2), rows + 5.5, columns + 5.5)
        sharp = side / 8  # edges one pixel wide; thin strokes of the scans reach 0.4
        return np.clip((value - 0.4) * sharp + 0.5, 0, 1)


def _bytes(picture: Float[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
    return np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def _scan(split: Split, digit: int, random: StableRandom) -> Float[np.ndarray, "8 8"]:
    """One handwritten digit of the split, ink in [0, 1]."""
    scans = _scans(split)[digit]
    return scans[random.whole(len(scans))] / 16


@cache
def _scans(split: Split) -> list[UInt8[np.ndarray, "scan 8 8"]]:
    """The scans of the split, by digit."""
    with np.load(Path(__file__).with_suffix(".npz")) as stored:
        scans, digits = stored["scans"], stored["labels"]
    here = np.isin(np.arange(len(scans)) % 18, PARTS[split])
    return [scans[here & (digits == digit)] for digit in range(10)]
