"""Metrics against a mask, beside scikit-learn's."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from sklearn import metrics

from tests.crosschecks.comparison import Comparison, Pair
from tests.crosschecks.material import INPUTS, cases, scaled
from vitxplain.metrics.average_precision import AveragePrecision
from vitxplain.metrics.pixels import F1, IoU, MeanIoU, PixelAccuracy, PixelMetric, Precision, Recall
from vitxplain.metrics.thresholds import above

CUT = "Both get the map cut at its mean."


def cut(ours: PixelMetric, theirs: Callable[..., float]) -> Callable[[], Iterator[Pair]]:
    def pairs() -> Iterator[Pair]:
        for one in cases():
            marked = above(one.heat, ours.threshold, ours.level)
            yield ours.score(one), theirs(one.known_mask.ravel(), marked.ravel())

    return pairs


def precision_pairs() -> Iterator[Pair]:
    for one in cases():
        yield AveragePrecision().score(one), metrics.average_precision_score(one.known_mask.ravel(), one.heat.ravel())


def trapezoid_pairs() -> Iterator[Pair]:
    for one in cases():
        precision, recall, _ = metrics.precision_recall_curve(one.known_mask.ravel(), one.heat.ravel())
        yield AveragePrecision().score(one), metrics.auc(recall, precision)


def both_sides() -> Iterator[Pair]:
    """The object by the map, and all else by its opposite, in one list."""
    for one in map(scaled, cases()):
        mask = one.known_mask.ravel()
        list_of_both = np.concatenate([mask, ~mask]), np.concatenate([one.heat, 1 - one.heat], None)
        yield AveragePrecision(background=True).score(one), metrics.average_precision_score(*list_of_both)


def against(metric: str, theirs: str, ours: PixelMetric) -> Comparison:
    return Comparison(metric, "scikit-learn", theirs, INPUTS, CUT, cut(ours, getattr(metrics, theirs)), 1e-12)


COMPARISONS = [
    Comparison(
        "average-precision",
        "scikit-learn",
        "average_precision_score",
        INPUTS,
        "Equal pixels fall under one threshold together in both.",
        precision_pairs,
        1e-12,
    ),
    Comparison(
        "average-precision",
        "scikit-learn",
        "auc of precision_recall_curve",
        INPUTS,
        "Joins the points of the curve by straight lines, which promises precision that no threshold reaches; "
        "scikit-learn's own manual advises against it.",
        trapezoid_pairs,
        1e-6,
        same=False,
    ),
    Comparison(
        "average-precision",
        "scikit-learn",
        "average_precision_score of object and background",
        INPUTS,
        "Ours with the option `background`.",
        both_sides,
        1e-12,
    ),
    against("pixel-accuracy", "accuracy_score", PixelAccuracy()),
    against("precision", "precision_score", Precision()),
    against("recall", "recall_score", Recall()),
    against("f1", "f1_score", F1()),
    against("iou", "jaccard_score", IoU()),
    Comparison(
        "mean-iou",
        "scikit-learn",
        "jaccard_score, macro average",
        INPUTS,
        CUT,
        cut(MeanIoU(), partial(metrics.jaccard_score, average="macro")),
        1e-12,
    ),
]
