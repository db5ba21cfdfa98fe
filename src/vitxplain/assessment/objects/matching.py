"""Which object that was found is which that is there, one for one, the surest first."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from vitxplain.assessment.objects.boxes import DetectedBoxes, TrueBoxes

OVERLAP: Final = 0.5  # from which intersection over union on a box is that of an object

NOTHING: Final = -1


@dataclass(frozen=True, eq=False)
class Matches:
    """For each object found the true one it is, for each true one that which was found; NOTHING where there is none.

    What is found where an object does not count is left out of `wrong`.
    """

    of_detected: Int[np.ndarray, " box"]
    of_true: Int[np.ndarray, " object"]
    missed: int  # true objects that count and were not found with their class
    wrong: int  # found where no object of the class is


def match(detected: DetectedBoxes, true: TrueBoxes) -> Matches:
    """Each object found, the surest first, is the true one left that it overlaps most, if it can one of its class."""
    overlap = overlaps(detected, true)
    of_detected, of_true = np.full(len(detected), NOTHING), np.full(len(true), NOTHING)
    for same_class in (True, False):
        for number in range(len(detected)):
            free = (of_true == NOTHING) & (overlap[number] >= OVERLAP)
            free &= (true[:, 4] == detected[number, 5]) if same_class else True
            if of_detected[number] == NOTHING and free.any():
                best = int(np.where(free, overlap[number], -1).argmax())
                of_detected[number], of_true[best] = best, number
    counts = true[:, 5] == 0
    right = np.array(
        [number != NOTHING and detected[number, 5] == row[4] for number, row in zip(of_true, true, strict=True)]
    )
    ignored = [other != NOTHING and not counts[other] for other in of_detected]
    good = [other != NOTHING and true[other, 4] == row[5] for other, row in zip(of_detected, detected, strict=True)]
    wrong = sum(not (skip or fine) for skip, fine in zip(ignored, good, strict=True))
    return Matches(of_detected, of_true, int((counts & ~right.astype(bool)).sum()), wrong)


def overlaps(detected: DetectedBoxes, true: TrueBoxes) -> Float[np.ndarray, "box object"]:
    """Intersection over union of all pairs."""
    low = np.maximum(detected[:, None, :2], true[None, :, :2])
    high = np.minimum(detected[:, None, 2:4], true[None, :, 2:4])
    shared = (high - low).clip(0).prod(-1)
    areas = [(boxes[:, 2:4] - boxes[:, :2]).clip(0).prod(-1) for boxes in (detected, true)]
    total = areas[0][:, None] + areas[1] - shared
    return np.divide(shared, total, out=np.zeros_like(total), where=total > 0)
