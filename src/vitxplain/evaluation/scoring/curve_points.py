"""The points of a curve, in little memory: there is one for each map and metric of an evaluation."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import chain


class CurvePoints:
    """Pairs of a share of the pixels and what the model says there, as a sequence."""

    __slots__ = ("_numbers",)

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        self._numbers = array("d", chain.from_iterable((float(x), float(y)) for x, y in points))

    def __len__(self) -> int:
        return len(self._numbers) // 2

    def __getitem__(self, index: int) -> tuple[float, float]:
        start = range(0, len(self._numbers), 2)[index]
        return self._numbers[start], self._numbers[start + 1]

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return zip(self._numbers[::2], self._numbers[1::2], strict=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CurvePoints) and self._numbers == other._numbers

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"CurvePoints({list(self)})"
