"""Image classification: one row of logits an image; a target is the raw logit of one class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeAlias

from torch import Tensor

from vitxplain.errors import TargetError, UnsupportedModelError
from vitxplain.tasks.activation_inputs import ActivationInputs, Ending, scores_of
from vitxplain.tasks.base import (
    LOGITS,
    PROBABILITY,
    VALUE,
    Prediction,
    Target,
    TargetLike,
    Task,
    TaskOutputs,
    Unit,
)
from vitxplain.tasks.class_index import class_index, one_by_one
from vitxplain.tasks.leaves import leaf
from vitxplain.tasks.spelling import class_pair, names_a_thing, token_refused
from vitxplain.tasks.targets.class_target import ClassDifference, ClassTarget, no_such_class
from vitxplain.tasks.targets.per_image import PerImage
from vitxplain.tasks.top_classes import top_classes

_ASKING_OPTION: Final = (
    "With patch-similarity, and with raw-attention where a model has attention, the option query says who asks: "
    "-o query=ROW,COLUMN of a patch, or -o query=class where there is a class token."
)
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
        """As users write it: None, an index, a name (`name:7` for a class called "7"), cat~dog, or one an image.

        Raises:
            TargetError: no class has this name or index, several have, or it is neither index nor name.
        """
        if spelling is None or isinstance(spelling, Target):
            return spelling or ClassTarget()
        targets = [_one_target(spelled, labels) for spelled in one_by_one(spelling)]
        indices = tuple(target for target in targets if isinstance(target, int))
        if len(indices) == len(targets):
            return ClassTarget(indices)
        apart = tuple(ClassTarget((target,)) if isinstance(target, int) else target for target in targets)
        return PerImage(apart) if len(apart) > 1 else apart[0]

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        return top_classes(probabilities[LOGITS], labels, top_k, self.unit)


def _one_target(spelled: Any, labels: Mapping[int, str]) -> "int | ClassDifference":
    """One target of a classifier as users write it."""
    pair = class_pair(spelled, labels) if isinstance(spelled, str) else None
    if pair is not None:
        return ClassDifference(*pair)
    try:
        index = class_index(spelled, labels)
    except TargetError as error:
        if isinstance(spelled, str) and (
            refused := token_refused(spelled, "one of its classes, or CLASS~OTHER", _ASKING_OPTION)
        ):
            raise refused from error
        if not isinstance(spelled, str) or not names_a_thing(spelled):
            raise
        raise TargetError(
            f"target {spelled!r} is a thing or a place in the image, and the model gives classes of the whole image; "
            "give one of its classes, or CLASS~OTHER."
        ) from error
    if labels and index not in labels:
        raise no_such_class(index, len(labels))
    return index


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
