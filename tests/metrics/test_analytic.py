"""Every metric on maps whose score is known without computing: a metric without a row here fails."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image

from tests.metrics.blocks import BLOCK, SIDE, case
from vitxplain import registry
from vitxplain.metrics.base import Case, Metric

OWN = [name for name, point in registry.names("metrics").items() if point.module.startswith("vitxplain.")]
FLAT = np.full(BLOCK.shape, 0.3)
# As many pixels as the block, half of them on it: 50 hits, 50 false alarms, 50 misses, 250 rejections.
HALF = np.zeros(BLOCK.shape, bool)
HALF[4:14, 7:17] = True
PEAK = np.zeros(BLOCK.shape)
PEAK[6, 6] = 1
DIM = np.where(BLOCK, 0.5, 0.0)  # the block shows at half its brightness
DIM[0, 0] = 1
# A dark block in a bright image: whatever hides the block makes the model surer.
DARK = Image.fromarray(np.where(BLOCK[..., None], 100, 255).repeat(3, -1).astype(np.uint8))


def last_pixels(mask: np.ndarray) -> np.ndarray:
    """The worst order there is: the object's pixels come last, one after the other."""
    order = np.argsort(mask.ravel(), kind="stable")
    worst = np.empty(mask.size)
    worst[order] = np.arange(mask.size, 0, -1)
    return worst.reshape(mask.shape)


def drawn_as(again: Callable[[np.ndarray], np.ndarray]) -> Case:
    """A method that does not ask the model; `again` is the map it makes of its first one, whatever it is shown."""
    one = case(BLOCK)
    return replace(one, subject=replace(one.model, heat=lambda _, images: [again(one.heat)] * len(images)))


def weights_as_map() -> tuple[Case, float]:
    """A method whose map is the model's weights: after shuffling it is another 100 of the 400 pixels.

    Two masks of the share p that agree in the share q of all pixels correlate by (q - p^2) / (p - p^2).
    """
    one = case(BLOCK)
    shown = replace(one.model, heat=lambda model, images: [model.module.weight.detach().numpy()] * len(images))
    copy = shown.randomised(one.image, 1, 0)[0] > 0
    p, q = BLOCK.mean(), (copy & BLOCK).mean()
    assert copy.mean() == p
    return replace(one, subject=shown), abs(q - p * p) / (p - p * p)


WORST = sum(found / place for found, place in enumerate(range(301, 401), 1)) / 100


@cache
def known() -> dict[str, list[tuple[Case, float]]]:
    """By name the best map, the worst one, and any others, each with its score."""
    return {
        "average-precision": [
            (case(BLOCK), 1),
            (case(last_pixels(BLOCK)), WORST),
            (case(~BLOCK), 1 / 4),  # one threshold takes in all
            (case(FLAT), 1 / 4),
        ],
        "pointing-game": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 1 / 2), (case(FLAT), 1 / 4)],
        "mass-accuracy": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 1 / 2), (case(FLAT), 1 / 4)],
        "rank-accuracy": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 1 / 2), (case(FLAT), 1 / 4)],
        "pixel-accuracy": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 300 / 400), (case(FLAT), 300 / 400)],
        "precision": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 1 / 2)],
        "recall": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 1 / 2), (case(FLAT), 0)],
        "f1": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 1 / 2), (case(FLAT), 0)],
        "iou": [(case(BLOCK), 1), (case(~BLOCK), 0), (case(HALF), 1 / 3), (case(FLAT), 0)],
        "mean-iou": [
            (case(BLOCK), 1),
            (case(~BLOCK), 0),
            (case(HALF), (1 / 3 + 250 / 350) / 2),
            (case(FLAT), (0 + 300 / 400) / 2),
        ],
        # White turns black; the probability falls evenly while the block goes, which is a quarter of the way.
        "deletion": [(case(BLOCK), 1 / 8), (case(~BLOCK), 7 / 8)],
        "insertion": [(case(BLOCK), 7 / 8), (case(~BLOCK), 1 / 8)],
        # The class holds while more than half of the block is there: up to 10 %, or up to 80 % of the pixels gone.
        "positive-perturbation": [(case(BLOCK), 1.5 / 9), (case(~BLOCK), 8.5 / 9)],
        "negative-perturbation": [(case(BLOCK), 8.5 / 9), (case(~BLOCK), 1.5 / 9)],
        "average-drop": [(case(BLOCK), 0), (case(~BLOCK), 1), (case(DIM), 127 / 255)],
        "increase": [(case(~BLOCK, DARK), 1), (case(BLOCK, DARK), 0)],
        "randomisation": [(drawn_as(np.zeros_like), 0), (drawn_as(lambda heat: -heat), 1), weights_as_map()],
        "max-sensitivity": [(drawn_as(lambda heat: heat), 0), (drawn_as(lambda heat: 3 * heat), 2)],
        "sparseness": [(case(PEAK), 399 / 400), (case(FLAT), 0), (case(BLOCK), 3 / 4)],  # 1 - share, of equal pixels
        "entropy": [(case(PEAK), 0), (case(FLAT), math.log(400)), (case(BLOCK), math.log(100))],
    }


# What the defaults leave open: the baseline that makes the arithmetic above plain.
OPTIONS = {"deletion": {"baseline": "zero"}, "insertion": {"baseline": "zero"}, "increase": {"baseline": "mean"}}


def metric(name: str) -> Metric:
    return registry.load("metrics", name)(**OPTIONS.get(name, {}))


def test_every_metric_has_known_cases():
    assert set(known()) == set(OWN)


@pytest.mark.parametrize("name", OWN)
def test_scores_are_the_known_ones(name: str):
    for one, score in known()[name]:
        assert metric(name).score(one) == pytest.approx(score, abs=1e-4)  # probabilities are single precision


@pytest.mark.parametrize("name", OWN)
def test_the_best_map_comes_first_and_the_worst_second(name: str):
    (_, best), (_, worst), *others = known()[name]
    sign = {"higher": 1, "lower": -1, "neither": 0}[metric(name).better]
    assert sign * best > sign * worst or (sign == 0 and best != worst)
    assert all(sign * best >= sign * score >= sign * worst for _, score in others)


@pytest.mark.parametrize("name", OWN)
def test_a_map_of_no_numbers_stops_nothing(name: str):
    one = case(np.full((SIDE, SIDE), np.nan))
    one = replace(one, subject=replace(one.model, heat=lambda _, images: [one.heat] * len(images)))
    assert math.isnan(score := metric(name).score(one)) or 0 <= score <= 1
