"""Semantic segmentation: a class for each place of a map; a target is a class's logits, summed over a region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import (
    LOGITS,
    Target,
    TaskOutputs,
)
from vitxplain.tasks.class_index import class_name
from vitxplain.tasks.detected import Detected, listed, number_of
from vitxplain.tasks.finder import Finder
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.region_target import RegionTarget, chosen_segments, seen_places

BACKGROUND: Final = "background"


@dataclass(frozen=True)
class PixelClasses(Finder):
    """Logits of each class at each place, (batch, class, row, column), at a fraction of the input's resolution.

    What is found is a segment a class: all places where the class is the most probable. The largest comes first, what
    is called background last. `min_score` is the mean probability over a segment from which on it counts as found.
    """

    min_score: float = 0.0

    name: ClassVar[str] = "image-segmentation"

    def outputs(self, raw: Any) -> TaskOutputs:
        """The map of logits, in whatever a segmenter returns."""
        if isinstance(raw, Mapping):
            raw = raw[LOGITS] if LOGITS in raw else raw["out"]  # "out" is torchvision's
        return {LOGITS: raw if isinstance(raw, Tensor) else raw[0]}

    def num_labels(self, outputs: TaskOutputs) -> int:
        return outputs[LOGITS].shape[1]

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        return {**outputs, LOGITS: outputs[LOGITS].float().softmax(1)}

    def class_shares(self, probabilities: TaskOutputs) -> Float[Tensor, "batch label"]:
        """The probability that each class has on average over the places."""
        return probabilities[LOGITS].flatten(2).mean(2)

    def find(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        return [one for one in self._segments(outputs, geometry, labels) if one.score >= self.min_score]

    def choose(
        self,
        spelling: Spelling,
        outputs: TaskOutputs,
        detections: Sequence[Detected],
        geometry: Geometry,
        labels: Mapping[int, str],
    ) -> list[Target]:
        numbered = {one.index: one for one in detections}
        segments = [numbered.get(one.index, one) for one in self._segments(outputs, geometry, labels)]
        if not detections:
            raise TargetError(
                f"no segment reaches min_score {self.min_score:g}: the best is {listed(segments[:1], 'segment')}; a "
                "lower min_score= (--min-score 0) explains it."
            )
        against = None if spelling.against is None else (spelling.against, class_name(labels, spelling.against))
        chosen = chosen_segments(spelling, detections, segments, self.probabilities(outputs)[LOGITS][0].cpu(), geometry)
        text = spelling.text or "region"
        return [RegionTarget(one, number_of(one, detections), against, text=text) for one in chosen]

    def _segments(self, outputs: TaskOutputs, geometry: Geometry, labels: Mapping[int, str]) -> list[Detected]:
        shares = self.probabilities(outputs)[LOGITS][0].cpu()
        visible = seen_places(geometry, (shares.shape[1], shares.shape[2]))
        classes = outputs[LOGITS][0].argmax(0).cpu().numpy()
        segments = []
        for index in np.unique(classes[visible]).tolist():
            mask = (classes == index) & visible
            score = float(shares[index][torch.from_numpy(mask)].mean())
            name, share = class_name(labels, index), float(mask.sum() / visible.sum())
            segments.append(Detected(index, name, score, share=share, mask=mask))
        return sorted(segments, key=lambda segment: (segment.name == BACKGROUND, -(segment.share or 0)))
