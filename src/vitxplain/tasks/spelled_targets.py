"""Targets of several images, or several of one, as users write them: which is whose."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitxplain.errors import TargetError
from vitxplain.tasks.base import Target, Task
from vitxplain.tasks.class_index import one_by_one
from vitxplain.tasks.features import Features
from vitxplain.tasks.spelling import EVERYTHING, Spelling, spelled
from vitxplain.tasks.targets.several import Several


def spelled_targets(targets: Any, labels: Mapping[int, str]) -> tuple[tuple[Spelling, ...], ...]:
    """One tuple of spellings an image, or one alone for all images alike.

    A list has one entry an image, each of which may be a list of several targets of that image.

    Raises:
        TargetError: one is none that could be.
    """
    _check_mask(targets)
    if targets is None or isinstance(targets, (str, Spelling)) or _is_mask(targets):
        return ((spelled(targets, labels),),)
    entries = one_by_one(targets)
    try:
        return tuple(
            tuple(spelled(one, labels) for one in entry)
            if isinstance(entry, (list, tuple))
            else (spelled(entry, labels),)
            for entry in entries
        )
    except TargetError as error:
        boxes = [entry for entry in (entries, *entries) if _could_be_a_box(entry)]
        if not boxes:
            raise
        sides = ",".join(f"{side:g}" for side in boxes[0])
        raise TargetError(f'{error} Four numbers are four classes; a box is written "box:{sides}".') from error


def _could_be_a_box(entry: Any) -> bool:
    """Whether these are four numbers, as the left, top, right and bottom of a box are."""
    numbers = is_list(entry) and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in entry)
    return numbers and len(entry) == 4 and entry[0] < entry[2] and entry[1] < entry[3]


def _is_mask(target: Any) -> bool:
    return isinstance(target, np.ndarray) and target.ndim == 2 and target.dtype == bool


def _check_mask(targets: Any) -> None:
    """Raises:
    TargetError: it looks like a mask, and is of numbers.
    """
    for target in targets if is_list(targets) else [targets]:
        if isinstance(target, np.ndarray) and target.ndim == 2 and target.dtype != bool:
            raise TargetError(
                f"a mask is an array of bool, True in the region, and this one is of {target.dtype}; give mask > 0."
            )


def targets_of(task: Task, targets: Any, labels: Mapping[int, str], *, single: bool) -> Target:
    """The target of all images; where users ask for several of an image, each is one (`asks_for_several`).

    Raises:
        TargetError: one is none that could be, or an image is to have none at all.
    """
    _check_mask(targets)
    one_each = is_list(targets) and isinstance(task, Features)
    if not one_each and (isinstance(targets, (Target, str)) or not asks_for_several(targets, single=single)):
        return task.target(targets, labels)
    lists: Any = of_each_image(targets, single=single)
    if not lists or not all(lists):
        raise TargetError("an empty list names no target; leave target out for the model's own choice.")
    if task.finds:
        return task.target(lists, labels)
    return Several(tuple(tuple(task.target(spelled, labels) for spelled in of_image) for of_image in lists))


def asks_for_several(targets: Any, *, single: bool) -> bool:
    """Whether users ask for any number of targets of an image: all there is, or a list.

    Of a `single` image each entry of a list is a target; of several images each is an image's, and may be a list.
    """
    if isinstance(targets, str):
        return targets.strip() == EVERYTHING
    if isinstance(targets, Several):
        return True
    if not is_list(targets):
        return False
    return single or any(is_list(entry) or (isinstance(entry, str) and entry == EVERYTHING) for entry in targets)


def of_each_image(targets: Sequence[Any], *, single: bool) -> list[list[Any]]:
    """A list of targets for each image."""
    return [list(targets)] if single else [list(entry) if is_list(entry) else [entry] for entry in targets]


def is_list(targets: Any) -> bool:
    """Whether this is a plain list, and no array, tensor or range with one class an image."""
    return isinstance(targets, (list, tuple))
