"""Tiles of metal, fabric, wood, concrete, leather and granite, good or with one defect whose mask is known."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float
from PIL import Image

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic.defect_shapes import SHAPES, shape
from vitxplain.data.synthetic.materials import MATERIALS, material
from vitxplain.errors import OptionError

COUNTS: dict[Split, int] = {"train": 10_000, "validation": 1_000, "test": 2_000}
SMALLEST = 32  # pixels
GROUND, DEFECT = 0, 1  # streams of random numbers: a tile's surface is the same whether the defect is drawn or not

Picture = Float[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class Defects(DataSet):
    """Textured tiles, good or with a scratch, spot, crack or blob, lighter or darker than the surface.

    The same (split, size, seed, count, hardness) gives the same pixels on every machine. In training, every epoch is
    new, and `hardness` rises from 0 over the first `curriculum` of it, from epoch to epoch.
    """

    split: Split = "test"
    size: tuple[int, int] = (64, 64)  # (height, width) in pixels
    seed: int = 0
    count: int | None = None  # images in the set
    classes: Literal["binary", "multi"] = "binary"  # good and defect, or good and each kind of defect
    colour: bool = True  # False: grey
    hardness: float = 1.0  # 0: large plain defects on calm surfaces; 1: small faint ones on strong textures
    curriculum: float = 0.3
    epoch: int = 0

    name = "defects"
    has_masks = True

    def __post_init__(self) -> None:
        if min(self.size) < SMALLEST:
            height, width = self.size
            raise OptionError(f"defects on {height} x {width} px cannot be seen; take {SMALLEST} px or more.")
        if not 0 <= self.hardness <= 1 or not 0 <= self.curriculum <= 1:
            raise OptionError("hardness and curriculum are shares: give numbers from 0 to 1.")

    @property
    def labels(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("good", "defect") if self.classes == "binary" else ("good", *SHAPES)

    def __len__(self) -> int:
        return COUNTS[self.split] if self.count is None else self.count

    def __getitem__(self, index: int) -> Sample:
        label, kind = self._kind(index)
        picture, surface = self._surface(index)
        covered = np.zeros(self.size)
        facts = {"texture": surface, "defect": kind}
        if kind != "good":
            random = self._random(index, DEFECT)
            covered = shape(kind, self.size, random, self.hardness)
            picture, facts["tone"] = self._drawn(picture, covered, random)
        return Sample(
            image=_image(picture),
            label=label,
            name=f"{self.name}/{self.split}/{index:05d}",
            mask=covered >= 0.5,
            facts=facts,
        )

    def without_defect(self, index: int) -> Image.Image:
        """The same tile before the damage."""
        self._kind(index)
        return _image(self._surface(index)[0])

    def during(self, epoch: int, progress: float) -> "Defects":
        risen = 1.0 if not self.curriculum else min(1.0, progress / self.curriculum)
        return replace(self, epoch=epoch + 1, hardness=self.hardness * risen)

    def _kind(self, index: int) -> tuple[int, str]:
        """Label and kind, in turn, so that the classes, and the kinds of defect, are equally frequent."""
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images; there is no image {index}.")
        if self.classes == "multi":
            return index % len(self.labels), self.labels[index % len(self.labels)]
        return index % 2, SHAPES[index // 2 % len(SHAPES)] if index % 2 else "good"

    def _random(self, index: int, stream: int) -> StableRandom:
        return StableRandom(self.seed, tuple(COUNTS).index(self.split), self.epoch, index, stream)

    def _surface(self, index: int) -> tuple[Picture, str]:
        """The lit surface as a camera sees it, and its name."""
        random = self._random(index, GROUND)
        name = random.pick(MATERIALS)
        tint = (0.4 * random.units(3) - 0.2) * self.colour
        tone = random.between(0.36, 0.64)
        contrast = random.between(0.1, 0.24) + self.hardness * random.between(0.05, 0.16)
        grain = material(name, self.size, random) - 0.5
        height, width = self.size
        down, across = random.between(-0.12, 0.12), random.between(-0.12, 0.12)  # light from one side
        light = 1 + down * (2 * np.arange(height)[:, None] / height - 1) + across * (2 * np.arange(width) / width - 1)
        sensor = 0.05 * (random.units(height, width) - 0.5)
        grey = (tone + contrast * grain) * light + sensor
        return grey[..., None] * (1 + tint), name

    def _drawn(
        self, picture: Picture, covered: Float[np.ndarray, "height width"], random: StableRandom
    ) -> tuple[Picture, str]:
        """The picture with the defect on it, through which the texture shows; and whether it is lighter or darker."""
        strength = covered[..., None] * (random.between(0.66, 0.9) - self.hardness * random.between(0.1, 0.22))
        stain = 0.16 * random.units(3) * self.colour
        if random.unit() < 0.5:
            return picture * (1 - strength) + strength * (1 - stain), "lighter"
        return picture * (1 - strength) + strength * stain, "darker"


def _image(picture: Picture) -> Image.Image:
    return Image.fromarray(np.floor(np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
