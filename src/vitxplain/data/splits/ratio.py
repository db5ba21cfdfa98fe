"""Splits by ratio: by file, each class by itself, the same on every machine."""

import math
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final, TypeAlias, get_args

from vitxplain.data.sample import Split
from vitxplain.errors import OptionError
from vitxplain.files.walk import plain

Ratio: TypeAlias = tuple[float, float, float]  # train, validation, test
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
DEFAULT: Final[Ratio] = (0.8, 0.1, 0.1)


def draw_splits(names: Sequence[str], classes: Sequence[Any], ratio: Ratio, seed: int) -> list[Split]:
    """The split of each file, by its name and class.

    In every class each split is within one file of its share; what the rounding leaves over goes to the split that has
    had least of its due, so that many small classes fill all splits. A file's place in the draw depends on its name
    and the seed alone, and so not on the machine, on the order of the files, or on how many there are.

    Raises:
        OptionError: the ratio is none.
    """
    shares = fractions(ratio)
    split: list[Split] = ["train"] * len(names)
    due = [Fraction(0)] * 3  # how much each split has had too little of, so far
    members: dict[Any, list[int]] = {}
    for index, label in enumerate(classes):
        members.setdefault(label, []).append(index)
    for label in sorted(members, key=str):
        drawn = sorted(members[label], key=lambda index: _draw(names[index], seed))
        ends = [0, *_cumulated(_counts(len(drawn), shares, due))]
        for number, kind in enumerate(SPLITS):
            for index in drawn[ends[number] : ends[number + 1]]:
                split[index] = kind
    return split


def fractions(ratio: Ratio) -> tuple[Fraction, ...]:
    """Shares that sum to one; (80, 10, 10) means the same as (0.8, 0.1, 0.1).

    Raises:
        OptionError: a share is negative, or all are nothing.
    """
    if len(ratio) != 3 or not all(math.isfinite(share) and share >= 0 for share in ratio) or not sum(ratio):
        raise OptionError(f"ratio is {ratio}; it takes three shares (train, validation, test) such as 0.8,0.1,0.1.")
    exact = [Fraction(str(share)) for share in ratio]
    return tuple(share / sum(exact) for share in exact)


def _counts(total: int, shares: Sequence[Fraction], due: list[Fraction]) -> list[int]:
    """How many of `total` files each split gets; `due` is carried from class to class."""
    counts = [math.floor(share * total) for share in shares]
    for number, share in enumerate(shares):
        due[number] += share * total - counts[number]
    open_ = [number for number, share in enumerate(shares) if (share * total).denominator > 1]
    for number in sorted(open_, key=lambda number: -due[number])[: total - sum(counts)]:
        counts[number] += 1
        due[number] -= 1
    return counts


def _cumulated(counts: Sequence[int]) -> list[int]:
    return [sum(counts[: number + 1]) for number in range(len(counts))]


def _draw(name: str, seed: int) -> str:
    return sha256(f"{seed}:{plain(name)}".encode(errors="surrogateescape")).hexdigest()
