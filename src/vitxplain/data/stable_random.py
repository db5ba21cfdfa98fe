"""Random numbers that are the same on every machine and with every version of NumPy."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float

Choice = TypeVar("Choice")


class StableRandom:
    """A stream of random numbers from a key. NumPy guarantees SeedSequence, MT19937 and RandomState for ever."""

    def __init__(self, *key: int) -> None:
        self._stream = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(key)))

    def unit(self) -> float:
        """In [0, 1)."""
        return float(self._stream.random_sample())

    def units(self, *shape: int) -> Float[np.ndarray, "..."]:
        return self._stream.random_sample(shape)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def whole(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self.unit() * count)

    def pick(self, among: Sequence[Choice]) -> Choice:
        return among[self.whole(len(among))]
