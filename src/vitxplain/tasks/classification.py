"""Image classification: one row of logits an image; a target is the raw logit of one class."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError, UnsupportedModelError
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.tasks.base import LOGITS, ExplainedTarget, Prediction, Target, TargetLike, Task, TaskOutputs
from vitxplain.types import ClassIndices, Scores


@dataclass(frozen=True)
class Classification(Task):
    """One class of several, or with `multi_label` any number of them: probabilities by sigmoid instead of softmax."""

    multi_label: bool = False

    name: ClassVar[str] = "image-classification"

    def outputs(self, raw: Any) -> TaskOutputs:
        """The logits, (batch, label), in whatever a classifier returns."""
        if isinstance(raw, Tensor):
            return {LOGITS: raw}
        if isinstance(raw, Mapping):  # under another name (PP-LCNet's last_hidden_state) they come first
            return {LOGITS: raw[LOGITS] if LOGITS in raw else next(iter(raw.values()))}
        return {LOGITS: raw.logits if hasattr(raw, "logits") else raw[0]}

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        logits = outputs[LOGITS].float()
        return {LOGITS: logits.sigmoid() if self.multi_label else logits.softmax(-1)}

    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """As users write it: None, an index, a name (`name:7` for a class called "7"), or one of these an image.

        Raises:
            TargetError: no class has this name or index, several have, or it is neither index nor name.
        """
        if spelling is None or isinstance(spelling, Target):
            return spelling or ClassTarget()
        plain: Any = spelling.flatten().tolist() if isinstance(spelling, (Tensor, np.ndarray, np.generic)) else spelling
        several = isinstance(plain, Sequence) and not isinstance(plain, (str, bytes))
        indices = tuple(class_index(spelled, labels) for spelled in (plain if several else [plain]))
        for index in indices:
            if labels and index not in labels:
                raise _no_such_class(index, len(labels))
        return ClassTarget(indices)

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        shares = probabilities[LOGITS]
        values, indices = shares.topk(min(top_k, shares.shape[-1]))
        return [
            Prediction(tuple(_name(labels, index) for index in chosen), tuple(chosen), tuple(row))
            for row, chosen in zip(values.tolist(), indices.tolist(), strict=True)
        ]


@dataclass(frozen=True)
class ClassTarget(Target):
    """One class for the whole batch, or one an image; None means each image's class with the highest logit.

    The score is the raw logit, before softmax or sigmoid.
    """

    indices: tuple[int, ...] | None = None

    def check(self, count: int) -> None:
        if self.indices is not None and len(self.indices) not in (1, count):
            raise TargetError(f"{len(self.indices)} targets were given for {count} images; give one, or one an image.")

    def select(self, positions: Sequence[int]) -> "ClassTarget":
        if self.indices is None or len(self.indices) == 1:
            return self
        return ClassTarget(tuple(self.indices[position] for position in positions))

    def fixed(self, outputs: TaskOutputs) -> "ClassTarget":
        return ClassTarget(tuple(self._classes(outputs).tolist()))

    def score(self, outputs: TaskOutputs) -> Scores:
        return outputs[LOGITS].gather(1, self._classes(outputs)[:, None])[:, 0]

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        return head[self._classes(outputs)]

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str]
    ) -> list[ExplainedTarget]:
        classes = self.fixed(outputs)
        shares = classes.score(probabilities).tolist()
        return [
            ExplainedTarget(index, _name(labels, index), share)
            for index, share in zip(classes.indices or (), shares, strict=True)
        ]

    def _classes(self, outputs: TaskOutputs) -> ClassIndices:
        """One class index an image."""
        logits = outputs[LOGITS]
        batch, labels = logits.shape
        if self.indices is None:
            return logits.argmax(-1)
        self.check(batch)
        for index in self.indices:
            if not 0 <= index < labels:
                raise _no_such_class(index, labels)
        indices = self.indices * batch if len(self.indices) == 1 else self.indices
        return torch.tensor(indices, device=logits.device)


def check_classification(task: Task, source: str, work: str) -> None:
    """Refuse the models of other tasks for work that knows classes alone.

    Raises:
        UnsupportedModelError: the model is no classifier.
    """
    if not isinstance(task, Classification):
        raise UnsupportedModelError(f"{source} is a model for {task.name}; {work} takes image classifiers only.")


def class_index(spelled: Any, labels: Mapping[int, str]) -> int:
    """The class that an index or a name means.

    Raises:
        TargetError: no class has this name, several have, or it is neither index nor name.
    """
    if not isinstance(spelled, str):
        if isinstance(spelled, bool) or not isinstance(spelled, int):
            raise TargetError(
                f"target {spelled!r} is no class; give an index such as 3, a name, a list with one of these an image, "
                "or None for each image's top class."
            )
        return spelled
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
        raise TargetError(f"class name {spelled!r} means several classes: {matches}; give the index.")
    label_of = {synonym: labels[index] for index, names in synonyms.items() for synonym in names}
    # "cat" is near "tiger cat", not near "crate"
    holding = [synonym for synonym in label_of if name in re.split(r"\W+", synonym)]
    near = dict.fromkeys(repr(label_of[synonym]) for synonym in holding[:5] or similar_names(name, label_of))
    hint = did_you_mean(near, start=" Did")
    raise TargetError(f"the model has no class named {spelled!r}.{hint} Give an index or a name from its labels.")


def _no_such_class(index: int, labels: int) -> TargetError:
    return TargetError(f"target {index} does not exist: the model has {labels} classes, 0 to {labels - 1}.")


def _name(labels: Mapping[int, str], index: int) -> str:
    return labels.get(index, f"LABEL_{index}")
