"""MaskTarget: one query's class over its mask; and which of the segments found a spelling means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS, PROBABILITY, ExplainedTarget, Target, TaskOutputs, Unit
from vitxplain.tasks.detected import Detected, listed, mask_of
from vitxplain.tasks.region_target import region_of
from vitxplain.tasks.spelling import Spelling
from vitxplain.types import Scores

MASKS: Final = "masks"  # (batch, query, row, column), raw logits


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

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        one = self.detected
        name = one.name if self.against is None else f"{one.name} ~ {self.against[1]}"
        label = f"segment-{self.number}" if self.number is not None else f"query-{one.query}"
        label = label if self.against is None else f"{label}~{self.against[1]}"
        described = ExplainedTarget(one.index, name, one.score, unit, label, share=one.share, region=one.mask)
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
        best = max(detections, key=lambda one: (mask_of(one) & region).sum() / (mask_of(one) | region).sum())
        if not (mask_of(best) & region).any():
            raise TargetError(f"target {spelling.text!r} lies in no segment; found: {listed(detections, 'segment')}.")
        return [best]
    of_class = [one for one in detections if spelling.index in (None, one.index)]
    number = spelling.number or 0
    if number >= len(of_class):
        raise TargetError(f"target {spelling.text!r} does not exist; found: {listed(detections, 'segment')}.")
    return [of_class[number]]
