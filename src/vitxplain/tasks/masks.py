"""Segmentation by queries: a class and a mask for each; a target is a query's class over the region of its mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import torch
from torch import Tensor

from vitxplain.errors import ModelLoadError, TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS, Prediction, Target, TargetLike, Task, TaskOutputs
from vitxplain.tasks.class_index import class_name
from vitxplain.tasks.detected import Detected, checked_score, listed, number_of
from vitxplain.tasks.mask_target import MASKS, MaskTarget, chosen_masks
from vitxplain.tasks.per_image import Finder, Wanted
from vitxplain.tasks.region_target import seen_places
from vitxplain.tasks.spelled_targets import spelled_targets
from vitxplain.tasks.spelling import Spelling

_MASK_FROM: Final = 0.5  # probability from which on a place counts for a mask, as the model's library has it
_KEPT: Final = 0.8  # of those places, how many other masks must leave it


@dataclass(frozen=True)
class Masks(Task, Finder):
    """Queries with logits of each class and of "none", and with a map of logits (MaskFormer, arXiv 2107.06278).

    What is found are the segments of a panoptic segmentation (appendix A there; `post_process_panoptic_segmentation` of
    transformers): each place goes to the query with the largest product of class and mask probability, and a query
    that keeps too little of its mask is dropped. `min_score` is from which probability of its class on a query counts.
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
        scores, classes = self.probabilities(outputs)[LOGITS][0].cpu().max(-1)
        queries = ((classes < self.classes) & (scores > self.min_score)).nonzero()[:, 0]
        if not len(queries):
            return []
        shares = outputs[MASKS][0].float().cpu()[queries].sigmoid() * scores[queries, None, None]
        owner = shares.argmax(0)
        visible = torch.from_numpy(seen_places(geometry, (shares.shape[1], shares.shape[2])))
        found = []
        for number, query in enumerate(queries.tolist()):
            own, all_of_it = owner == number, int((shares[number] >= _MASK_FROM).sum())
            mask = own & visible
            if all_of_it and float(own.sum() / all_of_it) > _KEPT and mask.any():
                index, share = int(classes[query]), float(mask.sum() / visible.sum())
                name = class_name(labels, index)
                found.append(Detected(index, name, float(scores[query]), share=share, query=query, mask=mask.numpy()))
        return sorted(found, key=lambda segment: -(segment.share or 0))

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
            top = f"the best is {listed(sorted(best, key=lambda one: -one.score)[:1], 'segment')}"
            raise TargetError(
                f"the model found no segment from min_score {self.min_score:g} on: {top if best else 'there is none'}. "
                "A lower min_score= (--min-score 0) may find one."
            )
        against = None if spelling.against is None else (spelling.against, class_name(labels, spelling.against))
        chosen = chosen_masks(spelling, detections, geometry)
        return [MaskTarget(one, number_of(one, detections), against) for one in chosen]
