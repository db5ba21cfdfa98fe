"""Max-sensitivity (Yeh et al. 2019, arXiv 1901.09392, definition 2)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image

from vitxplain.metrics.base import METHOD, Better, Case, Metric
from vitxplain.options.checks import check_count, check_index, check_share


@dataclass(frozen=True)
class MaxSensitivity(Metric):
    """The largest change of the map under noise nobody sees (Yeh et al. 2019, arXiv 1901.09392, definition 2).

    Args:
        radius: the most any pixel's level changes, as a share of the range from black to white.
        samples: how many noisy copies are explained; the more, the higher the maximum found.
        seed: of the noise, which is uniform.

    The Euclidean length of the change over that of the map; 0 where nothing changes, no upper limit. Over the pixels
    seen both times. NaN for a map of zeros.
    """

    radius: float = 0.02
    samples: int = 10
    seed: int = 0

    better: ClassVar[Better] = "lower"
    needs: ClassVar[frozenset[str]] = frozenset({METHOD})
    blind_wins: ClassVar[bool] = True  # a map that is always the same never changes

    def __post_init__(self) -> None:
        check_share("radius", self.radius, include_zero=False)
        check_count("samples", self.samples)
        check_index("seed", self.seed)

    def score(self, case: Case) -> float:
        length = np.sqrt(np.nansum(case.heat**2))
        if not length:
            return math.nan
        changes = [other - case.heat for other in case.model.explain(self.noisy(case.image))]
        return float(max(np.sqrt(np.nansum(change**2)) for change in changes) / length)

    def noisy(self, image: Image.Image) -> list[Image.Image]:
        """Copies of the image, each level of each pixel moved by at most the radius and at least able to move by 1."""
        chance, reach = np.random.default_rng(self.seed), max(1, round(self.radius * 255))
        pixels = np.asarray(image.convert("RGB"), np.int16)
        moved = (pixels + chance.integers(-reach, reach + 1, pixels.shape) for _ in range(self.samples))
        return [Image.fromarray(levels.clip(0, 255).astype(np.uint8)) for levels in moved]
