"""Segmentation by queries: a class and a mask for each; a target is a query's class over the region of its mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

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
from vitxplain.tasks.region_target import region_of, seen_places
from vitxplain.tasks.spelled_targets import spelled_targets
from vitxplain.tasks.spelling import Spelling
from vitxplain.types import Scores

MASKS: Final = "masks"  # (batch, query, row, column), raw logits

_MASK_FROM: Final = 0.5  # probability from which on a place counts for a mask, as the model's library has it
_KEPT: Final = 0.8  # of those places, how many other masks must leave it


@dataclass(frozen=True)
class Masks(Task, Finder):
    """Queries with logits of each class and of "none", and with a map of logits (MaskFormer, arXiv 2107.06278).

    What is found are the segments of a panoptic segmentation (appendix A there; `post_process_panoptic_segmentation` of
    transformers): each place goes to the query with the largest product of class and mask probability, and a query
    that keeps too little of its mask is dropped. `min_score` is from which probability of its class on a query counts;
    from 0 on the query surest of a class is found where no segment is.
    """

    classes: int
    min_score: float = 0.5

    name: ClassVar[str] = "image-segmentation"
    finds: ClassVar[bool] = True

    def outputs(self, raw: Any) -> TaskOutputs:
        """Raises:
        ModelLoadError: no queries with classes and masks, or another number of logits than of classes and "none".
        """
        logits = raw.get("class_queries_logits", raw.get("logits"))
        masks = raw.get("masks_queries_logits", raw.get("pred_masks"))
        if not (isinstance(logits, Tensor) and isinstance(masks, Tensor)):
            raise ModelLoadError(f"the model returns {', '.join(raw)}; of each query logits and a mask are expected.")
        if logits.shape[-1] != self.classes + 1:
            raise ModelLoadError(
                f"the model gives {logits.shape[-1]} logits for each of its {logits.shape[1]} queries, and its "
                f"configuration names {self.classes} classes; one more, for a query that found nothing, is expected."
            )
        return {LOGITS: logits, MASKS: masks}

    def from_score(self, min_score: float) -> "Masks":
        return replace(self, min_score=checked_score(min_score))

    def num_labels(self, outputs: TaskOutputs) -> int:
        return self.classes

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        return {**outputs, LOGITS: outputs[LOGITS].float().softmax(-1)}

    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """As users write it: None is the largest segment; see `spelled`.

        Raises:
            TargetError: it is none that could be.
        """
        return spelling if isinstance(spelling, Target) else Wanted(self, labels, spelled_targets(spelling, labels))

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        """The classes by the best that any query gives them."""
        values, indices = probabilities[LOGITS][..., :-1].amax(1).topk(min(top_k, self.classes))
        return [
            Prediction(tuple(class_name(labels, index) for index in chosen), tuple(chosen), tuple(shares))
            for shares, chosen in zip(values.tolist(), indices.tolist(), strict=True)
        ]

    def find(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        segments = self._panoptic(outputs, geometry, labels)
        return segments or ([self._best(outputs, geometry, labels)] if self.min_score == 0 else [])

    def _best(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> Detected:
        """The query surest of a class, over the places that are its own, or the place that is most."""
        scores, classes = self.probabilities(outputs)[LOGITS][0, :, : self.classes].cpu().max(-1)
        query = int(scores.argmax())
        masks = outputs[MASKS][0, query].float().cpu().sigmoid()
        visible = torch.from_numpy(seen_places(geometry, (masks.shape[0], masks.shape[1])))
        mask = (masks >= min(_MASK_FROM, float(masks[visible].max()))) & visible
        index, share = int(classes[query]), float(mask.sum() / visible.sum())
        name = class_name(labels, index)
        return Detected(index, name, float(scores[query]), share=share, query=query, mask=mask.numpy())

    def _panoptic(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        scores, classes = self.probabilities(outputs)[LOGITS][0].cpu().max(-1)
        queries = ((classes < self.classes) & (scores > self.min_score)).nonzero()[:, 0]
        if not len(queries):
            return []
        shares = outputs[MASKS][0].float().cpu()[queries].sigmoid() * scores[queries, None, None]
        owner = shares.argmax(0)
        visible = torch.from_numpy(seen_places(geometry, (shares.shape[1], shares.shape[2])))
        segments = []
        for number, query in enumerate(queries.tolist()):
            places, area = owner == number, int((shares[number] >= _MASK_FROM).sum())
            mask = places & visible
            if area and float(places.sum() / area) > _KEPT and mask.any():
                index, share = int(classes[query]), float(mask.sum() / visible.sum())
                name = class_name(labels, index)
                segments.append(
                    Detected(index, name, float(scores[query]), share=share, query=query, mask=mask.numpy())
                )
        return sorted(segments, key=lambda segment: -(segment.share or 0))

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
        return [MaskTarget(one, number_of(one, detections), against) for one in chosen]


@dataclass(frozen=True)
class MaskTarget(Target):
    """The sum over a region, which stays as it is, of softmax(class) x sigmoid(mask) of one query.

    What Seg-Grad-CAM (arXiv 2002.11434) sums where a model gives no map of classes. Minus that of another class of the
    query where the one is set `against` it.
    """

    detected: Detected
    number: int | None = None
    against: tuple[int, str] | None = None  # index and name
    _region: Tensor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_region", torch.from_numpy(mask_of(self.detected)).float())

    def check(self, count: int) -> None: ...

    def select(self, positions: Sequence[int]) -> "MaskTarget":
        return self

    def fixed(self, outputs: TaskOutputs) -> "MaskTarget":
        return self

    def score(self, outputs: TaskOutputs) -> Scores:
        shares = outputs[LOGITS][:, self.detected.query].softmax(-1)
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
