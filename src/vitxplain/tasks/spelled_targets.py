"""Targets of several images, or several of one, as users write them: which is whose."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitxplain.tasks.class_index import one_by_one
from vitxplain.tasks.spelling import EVERYTHING, Spelling, spelled


def spelled_targets(targets: Any, labels: Mapping[int, str]) -> tuple[tuple[Spelling, ...], ...]:
    """One tuple of spellings an image, or one alone for all images alike.

    A list has one entry an image, each of which may be a list of several targets of that image.

    Raises:
        TargetError: one is none that could be.
    """
    if targets is None or isinstance(targets, (str, Spelling)) or _is_mask(targets):
        return ((spelled(targets, labels),),)
    entries = one_by_one(targets)
    return tuple(
        tuple(spelled(one, labels) for one in entry) if isinstance(entry, (list, tuple)) else (spelled(entry, labels),)
        for entry in entries
    )


def _is_mask(target: Any) -> bool:
    return isinstance(target, np.ndarray) and target.ndim == 2 and target.dtype == bool


def is_several(targets: Any) -> bool:
    """Whether users ask for several targets of an image: a list, or all there is."""
    if isinstance(targets, str):
        return targets.strip() == EVERYTHING
    return isinstance(targets, (list, tuple))
