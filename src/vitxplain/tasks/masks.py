"""Segmentation by queries: a class and a mask for each; a target is a query's class over the region of its mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from vitxplain.errors import ModelLoadError, TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import (
    LOGITS,
    PROBABILITY,
    ExplainedTarget,
    Prediction,
    Target,
    TargetLike,
    Task,
    TaskOutputs,
    Unit,
)
from vitxplain.tasks.class_index import class_name
from vitxplain.tasks.detected import Detected, checked_score, listed, mask_of, number_of
from vitxplain.tasks.per_image import Finder, Wanted
from vitxplain.tasks.post_processing.segments import (
    MASK_FROM,
    MASKS,
    MIN_SCORE,
    SegmentsOf,
    by_library,
    default_threshold,
    instances,
    panoptic,
    runs,
)
from vitxplain.tasks.region_target import region_of, seen_places
from vitxplain.tasks.spelled_targets import spelled_targets
from vitxplain.tasks.spelling import Spelling
from vitxplain.types import Scores


@dataclass(frozen=True)
class Masks(Task, Finder):
    """Queries with logits of each class, and with a map of logits (MaskFormer, arXiv 2107.06278).

    Where the last logit of a query says that it found nothing, what is found are the segments of a panoptic
    segmentation; else each class is for itself, and masks may overlap (RF-DETR, arXiv 2511.09554). `no_object` says
    which; None: it is the first where a query has a logit more than there are `classes`. `min_score` is from which
    probability of its class on a query counts; from 0 on the query surest of a class is found where no segment is.
    `post_processing` is the library's own; without it the form of the output decides.
    """

    classes: int
    min_score: float = MIN_SCORE
    no_object: bool | None = None
    post_processing: SegmentsOf | None = field(default=None, repr=False, compare=False)

    name: ClassVar[str] = "image-segmentation"
    finds: ClassVar[bool] = True

    def outputs(self, raw: Any) -> TaskOutputs:
        """Raises:
        ModelLoadError: no queries with classes and masks, or as many logits as fit neither the classes nor these and
            "none".
        """
        logits = raw.get("class_queries_logits", raw.get("logits"))
        masks = raw.get("masks_queries_logits", raw.get("pred_masks"))
        if not (isinstance(logits, Tensor) and isinstance(masks, Tensor)):
            raise ModelLoadError(f"the model returns {', '.join(raw)}; of each query logits and a mask are expected.")
        one_more = self.no_object is not True and "class_queries_logits" in raw
        if logits.shape[-1] - self.classes not in ((1,) if one_more else (0, 1)):
            raise ModelLoadError(
                f"the model gives {logits.shape[-1]} logits for each of its {logits.shape[1]} queries, and its "
                f"configuration names {self.classes} classes; one more, for a query that found nothing, is expected."
            )
        return {LOGITS: logits, MASKS: masks}

    def from_score(self, min_score: float) -> "Masks":
        return replace(self, min_score=checked_score(min_score))

    def num_labels(self, outputs: TaskOutputs) -> int:
        logits = outputs[LOGITS]
        return logits.shape[-1] - self._no_object(logits)

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        logits = outputs[LOGITS].float()
        return {**outputs, LOGITS: logits.softmax(-1) if self._no_object(logits) else logits.sigmoid()}

    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """As users write it: None is the largest segment; see `spelled`.

        Raises:
            TargetError: it is none that could be.
        """
        return spelling if isinstance(spelling, Target) else Wanted(self, labels, spelled_targets(spelling, labels))

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        """The classes by the best that any query gives them."""
        count = self.num_labels(probabilities)
        values, indices = probabilities[LOGITS][..., :count].amax(1).topk(min(top_k, count))
        return [
            Prediction(tuple(class_name(labels, index) for index in chosen), tuple(chosen), tuple(shares))
            for shares, chosen in zip(values.tolist(), indices.tolist(), strict=True)
        ]

    def find(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        form = panoptic if self._no_object(outputs[LOGITS]) else instances
        segments = (self.post_processing or form)(outputs, self.min_score)
        size = outputs[MASKS].shape[2], outputs[MASKS].shape[3]
        visible = torch.from_numpy(seen_places(geometry, size))
        visible_segments = [
            Detected(
                segment.index,
                class_name(labels, segment.index),
                segment.score,
                share=float(mask.sum() / visible.sum()),
                query=segment.query,
                mask=mask.numpy(),
            )
            for segment in segments
            if (mask := segment.mask & visible).any()
        ]
        ordered = sorted(visible_segments, key=lambda segment: -(segment.share or 0))
        return ordered or ([self._best(outputs, geometry, labels)] if self.min_score == 0 else [])

    def _best(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> Detected:
        """The query surest of a class, over the places that are its own, or the place that is most."""
        scores, classes = self.probabilities(outputs)[LOGITS][0, :, : self.num_labels(outputs)].cpu().max(-1)
        query = int(scores.argmax())
        masks = outputs[MASKS][0, query].float().cpu().sigmoid()
        visible = torch.from_numpy(seen_places(geometry, (masks.shape[0], masks.shape[1])))
        mask = (masks >= min(MASK_FROM, float(masks[visible].max()))) & visible
        index, share = int(classes[query]), float(mask.sum() / visible.sum())
        name = class_name(labels, index)
        return Detected(index, name, float(scores[query]), share=share, query=query, mask=mask.numpy())

    def _no_object(self, logits: Tensor) -> bool:
        return logits.shape[-1] > self.classes if self.no_object is None else self.no_object

    def choose(
        self,
        spelling: Spelling,
        outputs: TaskOutputs,
        detections: Sequence[Detected],
        geometry: Geometry,
        labels: Mapping[int, str],
    ) -> list[Target]:
        if not detections:
            best = replace(self, min_score=0.0).find(outputs, geometry, labels)
            top = f"the best is {listed(sorted(best, key=lambda segment: -segment.score)[:1], 'segment')}"
            raise TargetError(
                f"the model found no segment from min_score {self.min_score:g} on: {top}. "
                "A lower min_score= (--min-score 0) explains it."
            )
        against = None if spelling.against is None else (spelling.against, class_name(labels, spelling.against))
        chosen = chosen_masks(spelling, detections, geometry)
        exclusive = self._no_object(outputs[LOGITS])
        return [MaskTarget(one, number_of(one, detections), against, exclusive) for one in chosen]


@dataclass(frozen=True)
class MaskTarget(Target):
    """The sum over a region, which stays as it is, of probability(class) x sigmoid(mask) of one query.

    What Seg-Grad-CAM (arXiv 2002.11434) sums where a model gives no map of classes. Minus that of another class of the
    query where the one is set `against` it.
    """

    detected: Detected
    number: int | None = None
    against: tuple[int, str] | None = None  # index and name
    exclusive: bool = True  # whether probabilities are by softmax, else each class is for itself
    _region: Tensor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_region", torch.from_numpy(mask_of(self.detected)).float())

    def check(self, count: int) -> None: ...

    def select(self, positions: Sequence[int]) -> "MaskTarget":
        return self

    def fixed(self, outputs: TaskOutputs) -> "MaskTarget":
        return self

    def score(self, outputs: TaskOutputs) -> Scores:
        logits = outputs[LOGITS][:, self.detected.query]
        shares = logits.softmax(-1) if self.exclusive else logits.sigmoid()
        masks = outputs[MASKS][:, self.detected.query].sigmoid()
        share = shares[:, self.detected.index]
        share = share if self.against is None else share - shares[:, self.against[0]]
        return share * (masks * self._region.to(masks)).flatten(1).sum(1)

    def decoder_queries(self) -> list[int | None]:
        return [self.detected.query]

    def presence(self, probabilities: TaskOutputs) -> Scores:
        """The most that any query gives its class times its mask, as a mean over the region."""
        region = self._region.to(probabilities[MASKS])
        covered = (probabilities[MASKS].sigmoid() * region).flatten(2).sum(2) / region.sum()
        return (probabilities[LOGITS][..., self.detected.index] * covered).amax(1)

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        segment = self.detected
        name = segment.name if self.against is None else f"{segment.name} ~ {self.against[1]}"
        label = f"segment-{self.number}" if self.number is not None else f"query-{segment.query}"
        label = label if self.against is None else f"{label}~{self.against[1]}"
        described = ExplainedTarget(
            segment.index, name, segment.score, unit, label, share=segment.share, region=segment.mask
        )
        return [described] * len(outputs[LOGITS])


def chosen_masks(spelling: Spelling, detections: Sequence[Detected], geometry: Geometry) -> Sequence[Detected]:
    """Those that are meant.

    Raises:
        TargetError: there is no such segment.
    """
    if spelling.everything:
        return detections
    shape = mask_of(detections[0]).shape
    region = region_of(spelling, geometry, (shape[0], shape[1]))
    if region is not None:
        best = max(
            detections, key=lambda segment: (mask_of(segment) & region).sum() / (mask_of(segment) | region).sum()
        )
        if not (mask_of(best) & region).any():
            raise TargetError(f"target {spelling.text!r} lies in no segment; found: {listed(detections, 'segment')}.")
        return [best]
    of_class = [one for one in detections if spelling.index in (None, one.index)]
    number = spelling.number or 0
    if number >= len(of_class):
        raise TargetError(f"target {spelling.text!r} does not exist; found: {listed(detections, 'segment')}.")
    return [of_class[number]]


def segmentation_by_masks(classes: int, library: Any = None) -> Masks:
    """The task of a segmenter of so many classes; `library` is its own image processor, where it has one."""
    post_process = getattr(library, "post_process_panoptic_segmentation", None)
    if post_process is None:
        return Masks(classes)
    own = partial(by_library, post_process) if runs(post_process) else None
    return Masks(classes, default_threshold(post_process), True, own)
