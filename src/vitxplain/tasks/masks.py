"""Segmentation by queries: a class and a mask for each; a target is a query's class over the region of its mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

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
from vitxplain.tasks.detected import Detected, listed, number_of
from vitxplain.tasks.finder import Finder
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
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.mask_target import MaskTarget, chosen_masks
from vitxplain.tasks.targets.region_target import seen_places


@dataclass(frozen=True)
class Masks(Finder):
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
    beside_logits: ClassVar[tuple[str, ...]] = (MASKS,)

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
        return [MaskTarget(one, number_of(one, detections), against, exclusive=exclusive) for one in chosen]


def segmentation_by_masks(classes: int, library: Any = None) -> Masks:
    """The task of a segmenter of so many classes; `library` is its own image processor, where it has one."""
    post_process = getattr(library, "post_process_panoptic_segmentation", None)
    if post_process is None:
        return Masks(classes)
    own = partial(by_library, post_process) if runs(post_process) else None
    return Masks(classes, default_threshold(post_process), True, own)
