"""Overlap of classes of pixels, found and true: intersection over union of each class, and its mean."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from vitxplain.data.sample import UNLABELLED, ClassMap

PixelCounts = Int[np.ndarray, "true predicted"]


@dataclass(frozen=True, eq=False)
class Overlap:
    """Pixels of each class, a row a class: right, true, and predicted, all among those that are labelled.

    Shares in [0, 1], one a class in arrays.
    """

    counts: Int[np.ndarray, "class 3"]

    @classmethod
    def of(cls, pixels: PixelCounts) -> "Overlap":
        """From how many pixels of each true class (row) were taken for each; the last column is for other classes."""
        return cls(np.stack([np.diag(pixels), pixels.sum(1), pixels.sum(0)[:-1]], 1))

    @property
    def iou(self) -> Float[np.ndarray, " class"]:
        """Intersection over union; NaN where a class is neither true nor predicted anywhere."""
        right, true, predicted = self.counts.T.astype(np.float64)
        union = true + predicted - right
        return np.divide(right, union, out=np.full(len(right), np.nan), where=union > 0)

    @property
    def miou(self) -> float:
        """The mean over classes, each counting alike; NaN where there is none."""
        defined = self.iou[~np.isnan(self.iou)]
        return float(defined.mean()) if len(defined) else float("nan")

    @property
    def pixel_accuracy(self) -> float:
        """The share of labelled pixels whose class is right; NaN where none is labelled."""
        right, true, _ = self.counts.sum(0).tolist()
        return right / true if true else float("nan")


def pixel_counts(predicted: Int[np.ndarray, "height width"], true: ClassMap, classes: tuple[int, ...]) -> PixelCounts:
    """The counts of one image, unlabelled pixels left out; `classes` is the model's index of each class of the data."""
    columns = np.full(max(*classes, int(predicted.max(initial=0))) + 1, len(classes))
    columns[list(classes)] = range(len(classes))
    labelled = true != UNLABELLED
    cell = true[labelled].astype(np.int64) * (len(classes) + 1) + columns[predicted[labelled]]
    return np.bincount(cell, minlength=len(classes) * (len(classes) + 1)).reshape(len(classes), -1)
