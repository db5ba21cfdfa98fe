"""Which of what a model found is which true region."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from vitxplain.errors import TargetError
from vitxplain.evaluation.regions.truth import TrueObjects, TrueRegion, Truth
from vitxplain.geometry import Geometry
from vitxplain.tasks.detected import Detected, mask_of, overlap
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.region_target import region_of

MATCHED: Final = 0.5  # intersection over union from which on an object is found, as in Pascal VOC


class Match(NamedTuple):
    """The number of what was found where a true region is, None where nothing was.

    `nearest` is the number of what overlaps it best of all that was found of its class, `overlap` by how much.
    """

    number: int | None
    overlap: float
    nearest: int | None


NO_MATCH: Final = Match(None, 0.0, None)


def matches(
    truth: Truth, regions: Sequence[TrueRegion], detections: Sequence[Detected], geometry: Geometry
) -> list[Match]:
    """Of objects one for one, the largest overlaps first; of classes the largest segment of each."""
    if isinstance(truth, TrueObjects):
        return _object_matches(regions, detections)
    return [_class_match(region, detections, geometry) for region in regions]


def is_there_still(detected: Detected, detections: Sequence[Detected]) -> bool:
    """Whether something of its class that overlaps it by at least half is among what was found in a changed image."""
    return any(other.index == detected.index and _overlap(other, detected) >= MATCHED for other in detections)


def _overlap(first: Detected, second: Detected) -> float:
    """Intersection over union, of boxes where both have one, else of masks."""
    if first.box is not None and second.box is not None:
        return overlap(first.box, second.box)
    masks = mask_of(first), mask_of(second)
    return float((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


def _object_matches(regions: Sequence[TrueRegion], detections: Sequence[Detected]) -> list[Match]:
    overlaps = {
        (row, number): overlap(detected.box, region.box)
        for row, region in enumerate(regions)
        for number, detected in enumerate(detections)
        if detected.box is not None and detected.index == region.index
    }
    pairs: dict[int, int] = {}
    for row, number in sorted(overlaps, key=lambda pair: (-overlaps[pair], pair)):
        if overlaps[row, number] >= MATCHED and row not in pairs and number not in pairs.values():
            pairs[row] = number
    chosen: list[Match] = []
    for row in range(len(regions)):
        of_class = {number: share for (of_row, number), share in overlaps.items() if of_row == row}
        best = pairs.get(row, max(of_class, key=of_class.__getitem__, default=None))
        chosen.append(Match(pairs.get(row), 0.0 if best is None else of_class[best], best))
    return chosen


def _class_match(region: TrueRegion, detections: Sequence[Detected], geometry: Geometry) -> Match:
    """The largest segment of the class; the overlap is that of all its segments with all of the class."""
    numbers = [number for number, detected in enumerate(detections) if detected.index == region.index]
    if not numbers or region.mask is None:
        return NO_MATCH
    masks = [mask_of(detections[number]) for number in numbers]
    whole = np.logical_or.reduce(masks)
    try:
        true = region_of(Spelling(region.name, region=region.mask), geometry, (whole.shape[0], whole.shape[1]))
    except TargetError:  # none of it is where the model looks, or it is smaller than a place of the output
        return Match(numbers[0], 0.0, numbers[0])
    return Match(numbers[0], float((whole & true).sum() / (whole | true).sum()), numbers[0])
