"""Accuracy, precision, recall and F1 from a confusion matrix."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from vitxplain.assessment.predictions import Predictions
from vitxplain.metrics.intervals import Interval, wilson

Confusion = Int[np.ndarray, "true predicted"]
FIVE = 5  # a model of no more classes is always right among its five most probable


@dataclass(frozen=True, eq=False)
class Scores:
    """Shares in [0, 1], one entry a class of the data in arrays.

    A class without images has no recall and no F1 (NaN) and is left out of the macro means; the precision of a class
    that is never predicted is 0.
    """

    loss: float  # mean cross-entropy, nats
    top1: float
    top5: float | None  # the true class is among the five most probable; None where the model has no more than five
    precision: Float[np.ndarray, " label"]
    recall: Float[np.ndarray, " label"]
    f1: Float[np.ndarray, " label"]
    images: Int[np.ndarray, " label"]
    confusion: Confusion  # the last column counts predictions of classes the data does not have

    @property
    def top1_interval(self) -> Interval:
        """Top-1 with its 95 % interval (Wilson): how sure it is with so many images."""
        return wilson(int(np.trace(self.confusion)), int(self.images.sum()))

    @property
    def macro(self) -> dict[str, float]:
        """The mean over classes that have images: each counts alike, however many."""
        with_images = self.images > 0
        return {name: float(getattr(self, name)[with_images].mean()) for name in ("precision", "recall", "f1")}


def score(predictions: Predictions, classes: tuple[int, ...], count: int) -> Scores:
    """The scores of predictions; `classes` is the model's index of each class of the data, out of `count` classes."""
    matrix = confusion(predictions.label, predictions.predicted, classes)
    right, images, claimed = np.diag(matrix), matrix.sum(1), matrix.sum(0)[:-1]
    nan = np.full(len(classes), np.nan)
    return Scores(
        loss=float(predictions.loss.mean()),
        top1=float((predictions.predicted == predictions.label).mean()),
        top5=float((predictions.rank < FIVE).mean()) if count > FIVE else None,
        precision=right / np.maximum(claimed, 1),
        recall=np.divide(right, images, out=nan.copy(), where=images > 0),
        f1=np.divide(2 * right, images + claimed, out=nan.copy(), where=images > 0),
        images=images,
        confusion=matrix,
    )


def confusion(
    label: Int[np.ndarray, " image"], predicted: Int[np.ndarray, " image"], classes: tuple[int, ...]
) -> Confusion:
    """How often each class of the data (row) was taken for each (column); one more column for all other classes."""
    column_of = {index: column for column, index in enumerate(classes)}
    matrix = np.zeros((len(classes), len(classes) + 1), np.int64)
    columns = [column_of.get(index, len(classes)) for index in predicted.tolist()]
    np.add.at(matrix, ([column_of[index] for index in label.tolist()], columns), 1)
    return matrix
