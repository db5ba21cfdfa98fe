"""MaskTarget: a query's class over the region of its mask; and which of those found a spelling means."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS, TaskOutputs
from vitxplain.tasks.detected import Detected, listed, mask_of
from vitxplain.tasks.post_processing.segments import MASKS
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.constant import DetectedTarget
from vitxplain.tasks.targets.region_target import region_of
from vitxplain.types import Scores


@dataclass(frozen=True)
class MaskTarget(DetectedTarget):
    """The sum over a region, which stays as it is, of probability(class) x sigmoid(mask) of one query.

    What Seg-Grad-CAM (arXiv 2002.11434) sums where a model gives no map of classes. Minus that of another class of the
    query where the one is set `against` it.
    """

    exclusive: bool = True  # whether probabilities are by softmax, else each class is for itself
    _region: Tensor = field(init=False, repr=False, compare=False)

    word: ClassVar[str] = "segment"

    def __post_init__(self) -> None:
        object.__setattr__(self, "_region", torch.from_numpy(mask_of(self.detected)).float())

    def score(self, outputs: TaskOutputs) -> Scores:
        logits = outputs[LOGITS][:, self.detected.query]
        shares = logits.softmax(-1) if self.exclusive else logits.sigmoid()
        masks = outputs[MASKS][:, self.detected.query].sigmoid()
        share = shares[:, self.detected.index]
        share = share if self.against is None else share - shares[:, self.against[0]]
        return share * (masks * self._region.to(masks)).flatten(1).sum(1)

    def decoder_queries(self) -> list[int | None]:
        return [self.detected.query]

    def class_shares(self, probabilities: TaskOutputs, index: int) -> Scores:
        """As its query says."""
        return probabilities[LOGITS][:, self.detected.query, index]

    def presence(self, probabilities: TaskOutputs) -> Scores:
        """The most that any query gives its class times its mask, as a mean over the region."""
        region = self._region.to(probabilities[MASKS])
        covered = (probabilities[MASKS].sigmoid() * region).flatten(2).sum(2) / region.sum()
        return (probabilities[LOGITS][..., self.detected.index] * covered).amax(1)


def chosen_masks(spelling: Spelling, detections: Sequence[Detected], geometry: Geometry) -> Sequence[Detected]:
    """Those that are meant.

    Raises:
        TargetError: there is no such segment.
    """
    if spelling.everything:
        return detections[: spelling.most]
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
