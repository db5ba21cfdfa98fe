"""Which stored images make a split: those of the stored split, or a share drawn by ratio, with a note for the user."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vitxplain.data.sample import Split
from vitxplain.data.splits.groups import draw_splits_by_source
from vitxplain.data.splits.ratio import SPLITS, Ratio, fractions
from vitxplain.errors import DataError

WORDS: Final[dict[str, Split]] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "val", "valid", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
NO_SPLITS: Final = "has no splits"  # how a note about shares that were drawn goes on


@dataclass(frozen=True)
class Part:
    """A stored split: all of it, or with `ratio` those of its files that are drawn for the requested split."""

    stored: Split
    ratio: Ratio | None
    note: str | None


def part_of(name: str, stored: Collection[Split], split: Split, ratio: Ratio, seed: int) -> Part:
    """What the wanted split is made of, where `stored` are there; a set without splits is all train.

    Raises:
        DataError: nothing there can stand for it.
    """
    shares = [float(share) for share in fractions(ratio)]
    if split == "test" and "test" not in stored and "validation" in stored:
        return Part("validation", None, f"{name} has no test split: its validation images are taken.")
    if "validation" in stored or "test" in stored:
        if split == "train" and "validation" not in stored and "train" in stored:
            return _held_out(name, shares[1], seed)
        if split in stored:
            return Part(split, None, None)
        if split == "validation" and "train" in stored:
            return _held_out(name, shares[1], seed)
        raise DataError(f"{name} has no {split} split, only {' and '.join(sorted(stored))}.")
    percent = "/".join(f"{100 * share:g}" for share in shares)
    drawn = f"{percent} % are train/validation/test, drawn with seed {seed}"
    note = f"{name} {NO_SPLITS}: {f'all images are {SPLITS[shares.index(1)]}' if 1 in shares else drawn}."
    return Part("train", ratio, note)


def _held_out(name: str, share: float, seed: int) -> Part:
    note = f"{name} has no validation split: {100 * share:g} % of train are held out, drawn with seed {seed}."
    return Part("train", (1 - share, share, 0.0), note)


def split_indices(
    part: Part,
    split: Split,
    names: Sequence[str],
    classes: Sequence[Any],
    seed: int,
    sources: Sequence[str] | None = None,
) -> Sequence[int]:
    """Those of the stored split's images that make the wanted one; `sources` says which of them go together."""
    if part.ratio is None:
        return range(len(names))
    splits = draw_splits_by_source(names, classes, sources or names, part.ratio, seed)
    return [index for index, drawn in enumerate(splits) if drawn == split]


def split_of(word: str) -> Split | None:
    """The split a folder or file of this name holds."""
    return WORDS.get(word.casefold())
