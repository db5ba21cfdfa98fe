"""ObjectTarget: one object of a detector; and which of those found a spelling means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.geometry import Box
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import LOGITS, TaskOutputs
from vitxplain.tasks.class_index import class_name
from vitxplain.tasks.detected import Detected, area, listed, overlap
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.constant import DetectedTarget
from vitxplain.types import Scores

BOXES: Final = "boxes"  # (batch, query, 4): centre x, centre y, width, height, in shares of the input


@dataclass(frozen=True)
class ObjectTarget(DetectedTarget):
    """The raw logit of one class by one query, minus that of another class where the one is set `against` it.

    `input_box` is its box as the model gives it, in shares of the input like those of `BOXES`.
    """

    queries: int = 0  # how many the model has
    input_box: tuple[float, float, float, float] | None = None
    classes: int | None = None  # how many; what a query says beyond is that there is no object

    word: ClassVar[str] = "object"

    def score(self, outputs: TaskOutputs) -> Scores:
        logits = outputs[LOGITS][:, self.detected.query]
        score = logits[:, self.detected.index]
        return score if self.against is None else score - logits[:, self.against[0]]

    def presence(self, probabilities: TaskOutputs) -> Scores:
        """The most that any query gives its class times the overlap (IoU) with its box (D-RISE, arXiv 2006.03204)."""
        shares = probabilities[LOGITS][..., self.detected.index]
        return (shares * overlaps(probabilities[BOXES].to(shares), shares.new_tensor(self.input_box or (0,) * 4))).amax(
            1
        )

    def class_shares(self, probabilities: TaskOutputs, index: int) -> Scores:
        """As its query says."""
        return probabilities[LOGITS][:, self.detected.query, index]

    def similarity(self, original: TaskOutputs, probabilities: TaskOutputs) -> Scores:
        """D-RISE (arXiv 2006.03204, equation 2): overlap x cosine of the classes x how sure the query is of any.

        The largest over all queries. How sure it is is the highest probability of a class: of detectors that say so
        apart (objectness) it takes the place of that. "No object" is no class. Of a difference of two classes, which no
        cosine knows, it is that of their `presence`.
        """
        if self.against is not None:
            return super().similarity(original, probabilities)
        shares = probabilities[LOGITS][..., : self.classes]
        own = original[LOGITS][:1, self.detected.query, : self.classes]
        alike = torch.nn.functional.cosine_similarity(shares, own[:, None].to(shares), dim=-1)
        boxes = overlaps(probabilities[BOXES].to(shares), shares.new_tensor(self.input_box or (0,) * 4))
        return (boxes * alike * shares.amax(-1)).amax(1)

    def grids(self, grid: TokenGrid) -> list[TokenGrid]:
        """Read from the token of its query, where queries are tokens after the patches (YOLOS, arXiv 2106.00666)."""
        if grid.num_suffix_tokens != self.queries or self.detected.query is None:
            return [grid]
        return [replace(grid, readout=(grid.num_prefix_tokens + grid.num_patches + self.detected.query,))]

    def decoder_queries(self) -> list[int | None]:
        return [self.detected.query]


def overlaps(boxes: Float[Tensor, "batch query 4"], box: Float[Tensor, " 4"]) -> Float[Tensor, "batch query"]:
    """Intersection over union of each box with one, all by their centres and sides; 0 where neither has an area."""
    starts = torch.maximum(boxes[..., :2] - boxes[..., 2:] / 2, box[:2] - box[2:] / 2)
    ends = torch.minimum(boxes[..., :2] + boxes[..., 2:] / 2, box[:2] + box[2:] / 2)
    shared = (ends - starts).clamp_min(0).prod(-1)
    total = boxes[..., 2:].prod(-1) + box[2:].prod() - shared
    return torch.where(total > 0, shared / total.clamp_min(torch.finfo(total.dtype).tiny), 0)


def _by_number(spelling: Spelling, detections: Sequence[Detected]) -> Detected:
    number = spelling.number or 0
    if number >= len(detections):
        raise TargetError(f"target {spelling.text!r} does not exist; found: {listed(detections, 'object')}.")
    return detections[number]


def _by_box(spelling: Spelling, box: Box, detections: Sequence[Detected]) -> Detected:
    best = max(detections, key=lambda detected: overlap(detected.box, box) if detected.box else 0.0)
    if best.box is None or overlap(best.box, box) == 0:
        raise TargetError(f"target {spelling.text!r} overlaps nothing; found: {_places(detections)}.")
    return best


def _by_point(spelling: Spelling, x: float, y: float, detections: Sequence[Detected]) -> Detected:
    """The smallest box that holds the point."""
    around = [one for one in detections if one.box and one.box[0] <= x <= one.box[2] and one.box[1] <= y <= one.box[3]]
    if not around:
        raise TargetError(f"target {spelling.text!r} lies in no object; found: {_places(detections)}.")
    return min(around, key=lambda detected: area(detected.box) if detected.box else 0)


def _places(detections: Sequence[Detected]) -> str:
    """What was found, with boxes."""
    named = [
        f"object:{number} {detected.name} (box:{','.join(f'{side:.0f}' for side in detected.box or ())})"
        for number, detected in enumerate(detections[:4])
    ]
    return ", ".join(named) + (f" and {len(detections) - 4} more" if len(detections) > 4 else "")


def objects(
    spelling: Spelling,
    detections: Sequence[Detected],
    candidates: Callable[[], Sequence[Detected]],
    labels: Mapping[int, str],
) -> Sequence[Detected]:
    """Those that are meant; `candidates` gives also what the model was less sure of, for messages.

    Raises:
        TargetError: there is no such object.
    """
    if spelling.everything:
        return detections[: spelling.most]
    if spelling.index is not None:
        return [_of_class(spelling, detections, candidates, labels)]
    if spelling.box is not None:
        return [_by_box(spelling, spelling.box, detections)]
    if spelling.point is not None:
        return [_by_point(spelling, *spelling.point, detections)]
    if spelling.region is not None:
        raise TargetError(
            f"target {spelling.text!r}: a mask names no object of a detector; give the box round it, "
            f"{_box_round(spelling.region)}, or a place in it, @X,Y."
        )
    return [_by_number(spelling, detections)]


def _box_round(region: Bool[np.ndarray, "height width"]) -> str:
    """The box of a region that is not empty, as a target."""
    rows, columns = (np.flatnonzero(region.any(axis)) for axis in (1, 0))
    return f"box:{columns[0]},{rows[0]},{columns[-1] + 1},{rows[-1] + 1}"


def _of_class(
    spelling: Spelling,
    detections: Sequence[Detected],
    candidates: Callable[[], Sequence[Detected]],
    labels: Mapping[int, str],
) -> Detected:
    index, number = spelling.index, spelling.number or 0
    of_class = [one for one in detections if one.index == index]
    if number < len(of_class):
        return of_class[number]
    name = class_name(labels, index or 0)
    below = [one for one in candidates() if one.index == index and one not in detections]
    near = f" The best {name} has {below[0].score:.1%}; min_score= (--min-score) says from where on." if below else ""
    count = f"only {len(of_class)}, {name}#0 to #{len(of_class) - 1}" if of_class else "none"
    raise TargetError(
        f"target {spelling.text!r}: of {name} there is {count}; found: {listed(detections, 'object')}.{near}"
    )
