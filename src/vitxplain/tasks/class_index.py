"""Targets as users write them: one by one, and the class that an index or a name means."""

import re
from collections.abc import Mapping, Sequence
from reprlib import repr as repr_
from shlex import quote
from typing import Any, Final

import numpy as np
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.other_libraries.hints import target_hint
from vitxplain.suggest import did_you_mean, similar_names

_MOST_SHOWN: Final = 10  # of the classes that one name means


def class_index(spelled: Any, labels: Mapping[int, str]) -> int:
    """The class that an index or a name means.

    Raises:
        TargetError: no class has this name, several have, or it is neither index nor name.
    """
    if not isinstance(spelled, str):
        return _whole(spelled)
    if re.fullmatch(r"-?[0-9]{1,9}", spelled):
        return int(spelled)
    name = spelled.removeprefix("name:").strip().casefold()
    exact = [index for index, label in labels.items() if label.casefold() == name]
    # ImageNet's names list synonyms: "tench, Tinca tinca"; any one of them will do.
    synonyms = {index: [part.strip() for part in label.casefold().split(",")] for index, label in labels.items()}
    matches = exact or [index for index, names in synonyms.items() if name in names]
    if len(matches) == 1:
        return matches[0]
    if matches:
        shown = ", ".join(map(str, matches[:_MOST_SHOWN]))
        more = f" and {len(matches) - _MOST_SHOWN} more" if len(matches) > _MOST_SHOWN else ""
        raise TargetError(f"class name {spelled!r} means several classes: {shown}{more}; give the index.")
    label_of = {synonym: labels[index] for index, names in synonyms.items() for synonym in names}
    # "cat" is near "tiger cat", not near "crate"
    holding = [synonym for synonym in label_of if name in re.split(r"\W+", synonym)]
    near = dict.fromkeys(repr(label_of[synonym]) for synonym in holding[:5] or similar_names(name, label_of))
    hint = did_you_mean(near, start=" Did") or _numbers(labels) or _all_of(labels)
    command = f"vitx labels {quote(name)} --model M" if name and holding else "vitx labels --model M"
    raise TargetError(
        f"the model has no class named {spelled!r}.{hint} Give an index or a name from its labels ({command})."
    )


def class_name(labels: Mapping[int, str], index: int) -> str:
    """What a class is called; numbered, as transformers writes it, where it has no name."""
    return labels.get(index, f"LABEL_{index}")


def one_by_one(spelling: Any) -> Sequence[Any]:
    """The targets one by one, of whatever holds them: arrays and tensors of any shape, lists, one alone."""
    if isinstance(spelling, Tensor):
        return spelling.detach().flatten().tolist()
    if hasattr(spelling, "__array__"):
        return np.asarray(spelling).ravel().tolist()
    return spelling if isinstance(spelling, Sequence) and not isinstance(spelling, (str, bytes)) else [spelling]


def _all_of(labels: Mapping[int, str]) -> str:
    """Every class, where they are few, as a sentence; else nothing."""
    return f" Its classes: {', '.join(map(repr, labels.values()))}." if 0 < len(labels) <= _MOST_SHOWN else ""


def _numbers(labels: Mapping[int, str]) -> str:
    """What the classes are called where they have numbers for names, as a sentence; else nothing."""
    if len(labels) < 2 or any(label != f"LABEL_{index}" for index, label in labels.items()):
        return ""
    return f" Its {len(labels)} classes have no names but LABEL_0 to LABEL_{len(labels) - 1}."


def _whole(spelled: Any) -> int:
    """The index that a number is, Python's, NumPy's or a tensor with one element.

    Raises:
        TargetError: it is no whole number, or a truth value.
    """
    listed = one_by_one(spelled) if hasattr(spelled, "__array__") else [spelled]
    number = listed[0] if len(listed) == 1 else None
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    if instead := target_hint(spelled):
        raise TargetError(f"target {repr_(spelled)} is no class; {instead}")
    hint = f" Did you mean {number:.0f}?" if isinstance(number, float) and number.is_integer() else ""
    raise TargetError(
        f"target {repr_(spelled)} is no class; give an index such as 3, a name, a list with one of these an image, "
        f"or None for each image's top class.{hint}"
    )
