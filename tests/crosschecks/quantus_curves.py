"""Pixels taken away step by step, and weights destroyed layer by layer, beside Quantus'."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.crosschecks.comparison import Comparison, Pair
from tests.crosschecks.material import METHOD, SIDE, UNTIED, model, opened, own_maps, picture, without_ties
from tests.crosschecks.quantus_metrics import one_constant, plain, score
from vitxplain import explain
from vitxplain.metrics.base import Case
from vitxplain.metrics.curve import CurveMetric
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.insertion import Insertion
from vitxplain.metrics.perturbation import NegativePerturbation, PositivePerturbation
from vitxplain.metrics.rank_correlation import rank_correlation

STEPS = 20
FINE = 60  # pixels in a step of Quantus


class TopClass(nn.Module):
    """1 for the top class, 0 for the others: what perturbation curves ask."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        logits = model().logits(pixel_values)
        return nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).float()


def flipped(given: Sequence[Case], steps: int, sign: int, baseline: float | str, **more: Any) -> list[np.ndarray]:
    """Quantus' curve of each map after 1, 2, ... steps.

    It counts the three colours of a pixel one by one, and takes only steps that divide the number of pixels.
    """
    metric = plain("PixelFlipping", features_in_step=3 * FINE, perturb_baseline=baseline)
    turned = given if sign > 0 else [replace(one, heat=1 - one.heat) for one in given]
    every = SIDE * SIDE // FINE // steps
    return [np.asarray(curve)[every - 1 :: every] for curve in score(metric, turned, **{"softmax": True, **more})]


def deletion(given: Callable[[], list[Case]], baseline: float | str = 0.0) -> Callable[[], Iterator[Pair]]:
    def pairs() -> Iterator[Pair]:
        some = given()
        for one, curve in zip(some, flipped(some, STEPS, 1, baseline), strict=True):
            yield from zip(Deletion("zero", STEPS).curve(one)[1:, 1], curve, strict=True)

    return pairs


def insertion() -> Iterator[Pair]:
    """Putting in the highest is taking away the lowest, read backwards."""
    some = without_ties()
    for one, curve in zip(some, flipped(some, STEPS, -1, 0.0), strict=True):
        yield from zip(Insertion("zero", STEPS).curve(one)[-2::-1, 1], curve, strict=True)


def perturbation(ours: CurveMetric, sign: int) -> Callable[[], Iterator[Pair]]:
    def pairs() -> Iterator[Pair]:
        some = without_ties()
        for one, curve in zip(some, flipped(some, 10, sign, 0.0, module=TopClass().eval(), softmax=False), strict=True):
            yield from zip(ours.curve(one)[1:, 1], curve[:9], strict=True)

    return pairs


def randomised(average: bool) -> Callable[[], Iterator[Pair]]:
    """Quantus' copies of the model, explained once for both."""

    def pairs() -> Iterator[Pair]:
        some = own_maps()[:2]
        explained: list[list[np.ndarray]] = []

        def again(model: nn.Module, inputs: np.ndarray, targets: np.ndarray, **_: Any) -> np.ndarray:
            images = [picture(values) for values in np.asarray(inputs)]
            with torch.inference_mode(False):
                found = explain(opened(model), images, METHOD, target=[int(one) for one in targets])
            explained.append([one.heatmap().astype(np.float64) for one in found])
            return np.stack(explained[-1])[:, None]

        theirs = score(plain("MPRT", return_average_correlation=average), some, explain_func=again)
        ours = [
            [rank_correlation(one.heat.ravel(), copy[place].ravel()) for copy in explained]
            for place, one in enumerate(some)
        ]
        if average:  # the first is the model itself
            yield from zip((float(np.mean(found[1:])) for found in ours), theirs, strict=True)
        else:
            for number, found in enumerate(theirs.values()):
                yield from ((ours[place][number], value) for place, value in enumerate(found))

    return pairs


POINTS = f"{UNTIED}, each point of the curve"
COMPARISONS = [
    Comparison(
        "deletion",
        "quantus",
        "PixelFlipping",
        POINTS,
        "Black in both. Quantus has no point for the whole image, ours has both ends; and its `features_in_step` "
        "counts colours: a step of 180 is 60 pixels.",
        deletion(without_ties),
        1e-4,
    ),
    Comparison(
        "deletion",
        "quantus",
        "PixelFlipping, its baseline black",
        POINTS,
        "What Quantus calls black is the darkest value of the image it is given, so that the baseline differs from "
        "image to image. Ours is black.",
        deletion(without_ties, "black"),
        0.05,
        same=False,
    ),
    Comparison(
        "deletion",
        "quantus",
        "PixelFlipping",
        "8 constant maps, each point of the curve",
        "Quantus takes equal pixels in the order of its sort: a sweep over the image. Ours takes them by chance, from "
        "a seed.",
        deletion(one_constant),
        0.05,
        same=False,
    ),
    Comparison(
        "insertion",
        "quantus",
        "PixelFlipping of the inverted map, read backwards",
        POINTS,
        "Quantus has no insertion.",
        insertion,
        1e-4,
    ),
    Comparison(
        "positive-perturbation",
        "quantus",
        "PixelFlipping of a model that says 1 for its top class",
        POINTS,
        "Quantus has no such metric.",
        perturbation(PositivePerturbation(), 1),
        0,
    ),
    Comparison(
        "negative-perturbation",
        "quantus",
        "PixelFlipping of the inverted map and that model",
        POINTS,
        "Quantus has no such metric.",
        perturbation(NegativePerturbation(), -1),
        0,
    ),
    Comparison(
        "randomisation",
        "quantus",
        "MPRT",
        "2 maps, Quantus' copies of the model",
        "The rank correlation with each copy. Ours then takes absolute values and the mean.",
        randomised(average=False),
    ),
    Comparison(
        "randomisation",
        "quantus",
        "MPRT, return_average_correlation",
        "2 maps, Quantus' copies of the model",
        "Quantus' average counts the model itself, which correlates by 1, among the randomised copies.",
        randomised(average=True),
        0.005,
        same=False,
    ),
]
