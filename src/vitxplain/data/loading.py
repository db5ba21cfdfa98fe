"""load_data: from whatever names a data set to labelled samples."""

from collections.abc import Mapping
from typing import Any

from vitxplain.data.digits import Digits
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import UnknownNameError


def load_data(
    source: str,
    split: Split = "test",
    *,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    limit: int | None = None,
    strict: bool = False,
    options: Mapping[str, Any] | None = None,
) -> DataSet:
    """Labelled samples of a named set.

    Args:
        source: a built-in set, a folder or a Hub id.
        split: "train", "validation" or "test".
        size: (height, width) in pixels, for sets that are made.
        seed: likewise.
        limit: only so many samples.
        strict: a damaged image stops; else it is named, skipped and counted.
        options: further options of this set.
    """
    made = {"seed": seed, **({"size": size} if size else {}), **({"count": limit} if limit else {}), **(options or {})}
    if source == "digits":
        return Digits(split, **made)
    raise UnknownNameError(f"no data set is called {source!r}.")
