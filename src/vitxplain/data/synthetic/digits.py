"""Handwritten digits, coloured, at random place and size among scraps of others, over textures; the mask is known."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from PIL import Image

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic.glyphs import COLOURS, PARTS, drawn, scan, scrap
from vitxplain.data.synthetic.grounds import GROUNDS, as_bytes, ground
from vitxplain.data.synthetic.textures import Plane
from vitxplain.errors import OptionError

COUNTS: dict[Split, int] = {"train": 10_000, "validation": 1_000, "test": 2_000}


@dataclass(frozen=True)
class Digits(DataSet):
    """Digits lighter than their ground, with scraps of other digits in the same colour beside them.

    The same (split, size, seed, count, hardness) gives the same pixels on every machine; splits share no source digit.
    In training, every epoch is new, and `hardness` rises from 0 over the first `curriculum` of it, from
    epoch to epoch.
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
        colour = random.pick(tuple(COLOURS))
        texture, background = ground(self.size, random, self.hardness)
        side = min(self.size) * random.between(0.72 - 0.18 * self.hardness, 0.88 - 0.16 * self.hardness)
        centre = self._somewhere(random, margin=0.54 * side)
        glyph = scan(self.split, digit, random)
        alpha = drawn(glyph, self.size, side, centre, random, self.hardness) * self.with_digit
        ink = np.maximum(alpha, self._scraps(random, side, centre))[..., None]
        picture = background * (1 - ink) + np.asarray(COLOURS[colour]) * random.between(0.94, 1.0) * ink
        words = {"digit": str(digit), "texture": texture, "colour": colour}
        return Sample(
            image=Image.fromarray(as_bytes(picture)),
            label=self.labels.index(words[self.label]),
            name=f"{self.name}/{self.split}/{index:05d}",
            mask=alpha >= 0.5,
            facts=words,
        )

    def during(self, epoch: int, progress: float) -> "Digits":
        # Slow at first: a transformer is at chance for a thousand steps, and stays there if it is too hard by then.
        risen = 1.0 if not self.curriculum else min(1.0, progress / self.curriculum) ** 2
        return replace(self, epoch=epoch + 1, hardness=self.hardness * risen)

    def _scraps(self, random: StableRandom, side: float, centre: tuple[float, float]) -> Plane:
        """Corners cut from other digits, in the strokes of this one, beside it: ink that is no digit."""
        ink = np.zeros(self.size)
        taken = [(centre, 0.85 * side)]
        for _ in range(round((4 + random.whole(8)) * self.hardness)):
            at = self._somewhere(random, margin=0.1 * side)
            if any(max(abs(at[0] - row), abs(at[1] - column)) < apart for (row, column), apart in taken):
                continue
            taken.append((at, 0.45 * side))
            piece = scrap(self.split, random)
            ink = np.maximum(ink, drawn(piece, self.size, side, at, random, self.hardness))
        return ink

    def _somewhere(self, random: StableRandom, margin: float) -> tuple[float, float]:
        """A (row, column) at least this far from the border."""
        height, width = self.size
        return random.between(margin, height - margin), random.between(margin, width - margin)
