"""One of our metrics beside another library's: the largest difference on equal inputs, and what to know about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

Pair: TypeAlias = tuple[float, float]  # our score and theirs


@dataclass(frozen=True)
class Comparison:
    """`same`: the definitions meet, and the difference is at most `bound`; otherwise they part, and it is more.

    So a page that tells of a difference is wrong as soon as the difference is gone.
    """

    metric: str  # ours
    library: str  # the name pip knows
    theirs: str  # what is called
    inputs: str
    remark: str
    pairs: Callable[[], Iterable[Pair]] = field(repr=False)
    bound: float = 1e-6
    same: bool = True

    @property
    def name(self) -> str:
        return f"{self.metric} | {self.library} {self.theirs} | {self.inputs}"

    def difference(self) -> float:
        """The largest between a score of ours and theirs; infinite where one of them is not defined."""
        return max(float(np.nan_to_num(abs(ours - theirs), nan=np.inf)) for ours, theirs in self.pairs())

    def holds(self, difference: float) -> bool:
        return (difference <= self.bound) is self.same
