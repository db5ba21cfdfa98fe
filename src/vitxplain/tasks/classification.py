"""Class targets: the raw logit of one class an image."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.types import ClassIndices, Logits, Scores

TargetLike: TypeAlias = "None | int | str | Sequence[int | str] | Tensor | ClassTarget"


@dataclass(frozen=True)
class ClassTarget:
    """The class to explain for each image; None means the class with the highest logit.

    One index serves the whole batch. The score is the raw logit, before softmax or sigmoid.
    """

    indices: tuple[int, ...] | None = None

    def resolve(self, logits: Logits) -> ClassIndices:
        """One class index an image.

        Raises:
            TargetError: an index outside the logits, or as many targets as fit neither one nor the batch.
        """
        batch, labels = logits.shape
        if self.indices is None:
            return logits.argmax(-1)
        self._check(batch)
        for index in self.indices:
            if not 0 <= index < labels:
                raise TargetError(f"target {index} does not exist: the model has {labels} classes, 0 to {labels - 1}.")
        indices = self.indices * batch if len(self.indices) == 1 else self.indices
        return torch.tensor(indices, device=logits.device)

    def split(self, batch: int, count: int) -> "list[ClassTarget]":
        """The targets of so many images at a time, of a batch.

        Raises:
            TargetError: as many targets as fit neither one nor the batch.
        """
        self._check(batch)
        indices, starts = self.indices, range(0, batch, count)
        if indices is None or len(indices) == 1:
            return [self for _ in starts]
        return [ClassTarget(indices[start : start + count]) for start in starts]

    def _check(self, batch: int) -> None:
        if self.indices is not None and len(self.indices) not in (1, batch):
            raise TargetError(f"{len(self.indices)} targets were given for {batch} images; give one, or one an image.")

    def score(self, logits: Logits) -> Scores:
        """The raw logit of each image's class; their sum mixes no images."""
        return logits.gather(1, self.resolve(logits)[:, None])[:, 0]


def class_target(target: TargetLike, labels: Mapping[int, str]) -> ClassTarget:
    """A target as users write it: None, an index, a name (`name:7` for a class called "7"), or one an image.

    Raises:
        TargetError: no class has this name, several have, or it is neither index nor name.
    """
    if target is None or isinstance(target, ClassTarget):
        return target or ClassTarget()
    given: Any = target.flatten().tolist() if isinstance(target, (Tensor, np.ndarray, np.generic)) else target
    several = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
    return ClassTarget(tuple(_index(one, labels) for one in (given if several else [given])))


def _index(target: Any, labels: Mapping[int, str]) -> int:
    if not isinstance(target, str):
        if isinstance(target, bool) or not isinstance(target, int):
            raise TargetError(
                f"target {target!r} is no class; give an index such as 3, a name, a list with one of these an image, "
                "or None for each image's top class."
            )
        return target
    if re.fullmatch(r"-?[0-9]{1,9}", target):
        return int(target)
    name = target.removeprefix("name:").strip().casefold()
    exact = [index for index, label in labels.items() if label.casefold() == name]
    # ImageNet's names list synonyms: "tench, Tinca tinca"; any one of them will do.
    synonyms = {index: [part.strip() for part in label.casefold().split(",")] for index, label in labels.items()}
    found = exact or [index for index, names in synonyms.items() if name in names]
    if len(found) == 1:
        return found[0]
    if found:
        raise TargetError(f"class name {target!r} means several classes: {found}; give the index.")
    known = {one: labels[index] for index, names in synonyms.items() for one in names}
    holding = [one for one in known if name in re.split(r"\W+", one)]  # "cat" is near "tiger cat", not near "crate"
    near = dict.fromkeys(known[one] for one in holding[:5] or get_close_matches(name, known, n=3, cutoff=0.6))
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise TargetError(f"the model has no class named {target!r}.{hint} Give an index or a name from its labels.")
