"""Class names: read from what users and configurations give, or numbered."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from vitxplain.errors import UsageError

LabelsLike: TypeAlias = Mapping[int, str] | Mapping[str, str] | Sequence[str]


def class_names(labels: LabelsLike, count: int | None = None) -> dict[int, str]:
    """Index to name, from a list or a mapping (whose keys may be digits, as JSON has them).

    Raises:
        UsageError: keys that are no indices, or not one name for each of the model's `count` classes.
    """
    try:
        pairs = labels.items() if isinstance(labels, Mapping) else enumerate(labels)
        names = {int(index): str(name) if str(name).strip() else f"LABEL_{index}" for index, name in pairs}
    except (TypeError, ValueError) as error:
        raise UsageError(f"labels map class indices to names, such as {{0: 'cat'}}; {error}.") from error
    if count is not None and sorted(names) != list(range(count)):
        raise UsageError(f"{len(names)} labels were given for {count} classes; give one for each index from 0 on.")
    return names


def names_of(labels: Mapping[int, str], count: int) -> Mapping[int, str]:
    """The names of so many classes: numbers where there are names of more or fewer, which are those of another head."""
    return labels if len(labels) in (0, count) or count == 1 else numbered(count)


def one_more_or_less(labels: Mapping[int, str], count: int) -> Mapping[int, str]:
    """The names of so many classes of a detector, whose configuration may or may not name "no object" too."""
    if abs(len(labels) - count) != 1:
        return labels
    return {index: labels.get(index, f"LABEL_{index}") for index in range(count)}


def numbered(count: int) -> dict[int, str]:
    """Names for classes without names, as transformers writes them."""
    return {index: f"LABEL_{index}" for index in range(count)}
