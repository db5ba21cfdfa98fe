"""Object detection: a class and a box for each of a fixed number of queries; a target is the raw logit of one query."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import ModelLoadError, TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import (
    LOGITS,
    Target,
    TaskOutputs,
)
from vitxplain.tasks.class_index import class_name
from vitxplain.tasks.detected import Detected, number_of
from vitxplain.tasks.finder import Finder
from vitxplain.tasks.spelling import Spelling, check_point
from vitxplain.tasks.targets.object_target import BOXES, ObjectTarget, objects

MIN_SCORE: Final = 0.5

# (query, class, score) of all that one image's outputs hold, best first, as the model's library has it.
PostProcessing: TypeAlias = Callable[[TaskOutputs], list[tuple[int, int, float]]]


@dataclass(frozen=True)
class Detection(Finder):
    """Queries with classes and boxes.

    The last logit of a query may say that it found nothing, and probabilities are by softmax (DETR, arXiv 2005.12872);
    else each class is for itself, by sigmoid, and one query may find several (Deformable DETR, arXiv 2010.04159).
    `no_object` says which; None: it is the first where a query has a logit more than there are `classes`. `min_score`
    is from which probability on something counts as found. `post_processing` is the library's own; without it the form
    of the output decides.
    """

    classes: int
    min_score: float = MIN_SCORE
    no_object: bool | None = None
    post_processing: PostProcessing | None = field(default=None, repr=False, compare=False)

    name: ClassVar[str] = "object-detection"
    finds_boxes: ClassVar[bool] = True

    def outputs(self, raw: Any) -> TaskOutputs:
        """Raises:
        ModelLoadError: no boxes, or as many logits as fit neither the classes nor the classes and "no object".
        """
        logits, boxes = raw.get("logits"), raw.get("pred_boxes")
        if logits is None or boxes is None:
            raise ModelLoadError(
                f"the model returns {', '.join(raw)}; of an object detector logits and pred_boxes are expected, a "
                "class and a box for each query."
            )
        if logits.shape[-1] - self.classes not in (0, 1):
            raise ModelLoadError(
                f"the model gives {logits.shape[-1]} logits for each of its {logits.shape[1]} queries, and its "
                f"configuration names {self.classes} classes; correct id2label in its config.json."
            )
        return {LOGITS: logits, BOXES: boxes}

    def num_labels(self, outputs: TaskOutputs) -> int:
        logits = outputs[LOGITS]
        return logits.shape[-1] - self._no_object(logits)

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        logits = outputs[LOGITS].float()
        return {**outputs, LOGITS: logits.softmax(-1) if self._no_object(logits) else logits.sigmoid()}

    def class_shares(self, probabilities: TaskOutputs) -> Float[Tensor, "batch label"]:
        """The best that any query gives each class."""
        return probabilities[LOGITS][..., : self.num_labels(probabilities)].amax(1)

    def find(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        return [one for one in self._candidates(outputs, geometry, labels) if one.score >= self.min_score]

    def choose(
        self,
        spelling: Spelling,
        outputs: TaskOutputs,
        detections: Sequence[Detected],
        geometry: Geometry,
        labels: Mapping[int, str],
    ) -> list[Target]:
        if spelling.point is not None:
            check_point(spelling.text, spelling.point, geometry)
        if not detections:
            raise self._nothing_found(self._candidates(outputs, geometry, labels))
        against = None if spelling.against is None else (spelling.against, class_name(labels, spelling.against))
        chosen = objects(spelling, detections, lambda: self._candidates(outputs, geometry, labels), labels)
        queries, boxes, classes = outputs[LOGITS].shape[1], outputs[BOXES][0].tolist(), self.num_labels(outputs)
        return [
            ObjectTarget(
                detected,
                number_of(detected, detections),
                against,
                queries=queries,
                input_box=tuple(boxes[detected.query or 0]),
                classes=classes,
            )
            for detected in chosen
        ]

    def _candidates(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        """Everything that could be an object, best first."""
        post_processing = self.post_processing or self._by_form
        boxes = outputs[BOXES][0].double().cpu()
        return [
            Detected(index, class_name(labels, index), score, geometry.on_image(_corners(boxes[query])), query=query)
            for query, index, score in post_processing(outputs)
        ]

    def _no_object(self, logits: Tensor) -> bool:
        return logits.shape[-1] > self.classes if self.no_object is None else self.no_object

    def _by_form(self, outputs: TaskOutputs) -> list[tuple[int, int, float]]:
        """Each query's best class beside "no object"; by sigmoid as many (query, class) pairs as there are queries."""
        shares = self.probabilities(outputs)[LOGITS][0, :, : self.num_labels(outputs)].cpu()
        if self._no_object(outputs[LOGITS]):
            scores, classes = shares.max(-1)
            order = scores.argsort(descending=True, stable=True).tolist()
            return [(query, int(classes[query]), float(scores[query])) for query in order]
        scores, positions = shares.flatten().sort(descending=True, stable=True)
        return [
            (*divmod(position, shares.shape[-1]), score)
            for score, position in zip(scores[: len(shares)].tolist(), positions.tolist(), strict=False)
        ]

    def _nothing_found(self, candidates: Sequence[Detected]) -> TargetError:
        best = f"the best is {candidates[0].name} with {candidates[0].score:.4g}" if candidates else "there is nothing"
        return TargetError(
            f"the model found no object from min_score {self.min_score:g} on: {best}. A lower min_score= "
            "(--min-score 0) explains it."
        )


def _corners(box: Tensor) -> tuple[float, float, float, float]:
    x, y, width, height = box.tolist()
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def detection(classes: int, library: Any = None) -> Detection:
    """The task of a detector of so many classes; `library` is its own image processor, where it has one."""
    post_process = getattr(library, "post_process_object_detection", None)
    if post_process is None:
        return Detection(classes)
    threshold = inspect.signature(post_process).parameters.get("threshold")
    stated = threshold is not None and isinstance(threshold.default, float)
    return Detection(
        classes,
        threshold.default if stated else MIN_SCORE,  # type: ignore[union-attr]
        _leaves_last_out(post_process, classes),
        partial(_post_processed, post_process),
    )


def _leaves_last_out(post_process: Callable[..., Any], classes: int) -> bool:
    """Whether a post-processing takes the last logit for "no object": it never names it, however large."""
    logits = torch.zeros(1, 1, classes + 1)
    logits[..., -1] = 9.0
    return all(index < classes for _, index, _ in _post_processed(post_process, {LOGITS: logits}))


def _post_processed(post_process: Callable[..., Any], outputs: TaskOutputs) -> list[tuple[int, int, float]]:
    """What the model's own post-processing makes of the outputs, as (query, class, score), best first.

    It never says which query a box is of; so it is given boxes that hold the number of their query as their centre.
    """
    from transformers.utils.generic import ModelOutput

    logits = outputs[LOGITS].float().cpu()
    numbers = torch.arange(logits.shape[1], dtype=torch.float32)
    centres = torch.stack([numbers, numbers, 0 * numbers, 0 * numbers], -1)[None]
    made = post_process(ModelOutput(logits=logits, pred_boxes=centres), threshold=-1.0)[0]
    queries, classes, scores = made["boxes"][:, 0].round().long().tolist(), made["labels"], made["scores"]
    return sorted(zip(queries, classes.tolist(), scores.tolist(), strict=True), key=lambda row: -row[2])
