"""Which class of a model each class of a data set is."""

from collections.abc import Mapping, Sequence

from vitxplain.errors import TargetError, UsageError
from vitxplain.models.labels import numbered
from vitxplain.tasks.class_index import class_index

SHOWN = 8  # names in a message


def match_classes(labels: Mapping[int, str], names: Sequence[str]) -> tuple[int, ...]:
    """For each class of the data, in its order, the model's index of the class of that name (or synonym).

    The order may differ, and the model may know more. Where nobody named the model's classes (LABEL_0, LABEL_1, ...),
    as many as the data has are taken in order.

    Raises:
        UsageError: the model lacks a class of the data, or two of the data are one of the model's.
    """
    if len(labels) == len(names) and dict(labels) == numbered(len(labels)):
        return tuple(range(len(names)))
    exact = {name: index for index, name in sorted(labels.items(), reverse=True)}
    matches: dict[str, int] = {}
    for name in names:
        try:
            matches[name] = exact[name] if name in exact else class_index(f"name:{name}", labels)
        except TargetError:
            continue
    if unknown := [name for name in names if name not in matches]:
        raise UsageError(
            f"the model does not know {_count(len(unknown), 'class', 'classes')} of the data: {_some(unknown)}. "
            f"Its classes are {_some(list(labels.values()))}. Test on data with these classes, or train on this data."
        )
    if len(set(matches.values())) < len(names):
        twice = [name for name in names if list(matches.values()).count(matches[name]) > 1]
        raise UsageError(f"{_some(twice)} of the data are one class of the model; give each a name of its own.")
    return tuple(matches[name] for name in names)


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(repr(name) for name in names[:SHOWN]) + rest


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"
