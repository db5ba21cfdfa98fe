"""Image classification: one row of logits an image; a target is the raw logit of one class."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError, UnsupportedModelError
from vitxplain.tasks.activation_inputs import ActivationInputs, Ending, scores_of
from vitxplain.tasks.base import (
    LOGITS,
    PROBABILITY,
    VALUE,
    ExplainedTarget,
    Prediction,
    Target,
    TargetLike,
    Task,
    TaskOutputs,
    Unit,
)
from vitxplain.tasks.class_index import class_index, class_name, one_by_one
from vitxplain.tasks.leaves import leaf
from vitxplain.types import ClassIndices, Scores

Activation: TypeAlias = Literal["softmax", "sigmoid", "none"]


@dataclass(frozen=True)
class Classification(Task):
    """One class of several, or with `multi_label` any number of them: probabilities by sigmoid instead of softmax.

    With `values` the scores are numbers of the model's own, such as an age, and nothing makes probabilities of them.
    `output` is the path of the scores in what the model returns; empty: where transformers has them.
    `ends_in` is the activation that the model itself ends in: the scores are what goes in there, not what comes out.
    `classes` is their number an image where the model returns them in another shape than (batch, label).
    """

    multi_label: bool = False
    values: bool = False
    output: str = ""
    ends_in: Ending | None = None
    classes: int | None = None

    name: ClassVar[str] = "image-classification"

    @property
    def unit(self) -> Unit:
        return VALUE if self.values else PROBABILITY

    @property
    def activation(self) -> Activation:
        """What makes probabilities of the scores."""
        return "none" if self.values else "sigmoid" if self.multi_label else "softmax"

    def outputs(self, raw: Any) -> TaskOutputs:
        """The logits, (batch, label), in whatever a classifier returns.

        Where all there is are probabilities, their logarithm, or for a sigmoid their log odds.
        """
        returned = self._returned(raw)
        return {LOGITS: self._rows(returned if self.ends_in is None else scores_of(returned, self.ends_in))}

    def read(self, run: Callable[[], Any]) -> TaskOutputs:
        if self.ends_in is None:
            return self.outputs(run())
        with ActivationInputs() as inputs:
            raw = run()
        call = inputs.behind(self._returned(raw))
        return self.outputs(raw) if call is None else {LOGITS: self._rows(call.input)}

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        logits = outputs[LOGITS].float()
        if self.values:
            return {LOGITS: logits}
        return {LOGITS: logits.sigmoid() if self.multi_label else logits.softmax(-1)}

    def _returned(self, raw: Any) -> Tensor:
        if self.output:
            return leaf(raw, self.output)
        if isinstance(raw, Tensor):
            return raw
        if isinstance(raw, Mapping):  # under another name (PP-LCNet's last_hidden_state) they come first
            return raw[LOGITS] if LOGITS in raw else next(iter(raw.values()))
        return raw.logits if hasattr(raw, "logits") else raw[0]

    def _rows(self, scores: Tensor) -> Tensor:
        return scores if self.classes is None else scores.reshape(-1, self.classes)

    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """As users write it: None, an index, a name (`name:7` for a class called "7"), or one of these an image.

        Raises:
            TargetError: no class has this name or index, several have, or it is neither index nor name.
        """
        if spelling is None or isinstance(spelling, Target):
            return spelling or ClassTarget()
        indices = tuple(class_index(spelled, labels) for spelled in one_by_one(spelling))
        for index in indices:
            if labels and index not in labels:
                raise _no_such_class(index, len(labels))
        return ClassTarget(indices)

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        shares = probabilities[LOGITS]
        values, indices = shares.topk(min(top_k, shares.shape[-1]))
        return [
            Prediction(tuple(class_name(labels, index) for index in chosen), tuple(chosen), tuple(row), self.unit)
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
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        classes = self.fixed(outputs)
        shares = classes.score(probabilities).tolist()
        return [
            ExplainedTarget(index, class_name(labels, index), share, unit)
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


def check_probabilities(task: Task, source: str, work: str) -> None:
    """Refuse models whose numbers are no probabilities for work that needs them.

    Raises:
        UnsupportedModelError: the model is no classifier, or gives values.
    """
    check_classification(task, source, work)
    if task.unit != PROBABILITY:
        raise UnsupportedModelError(
            f"{source} gives values and no probabilities, which {work} needs. Where its outputs are scores of classes, "
            "say activation='softmax' or 'sigmoid' (--activation)."
        )


def _no_such_class(index: int, labels: int) -> TargetError:
    return TargetError(f"target {index} does not exist: the model has {labels} classes, 0 to {labels - 1}.")
