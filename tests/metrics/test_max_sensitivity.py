"""Max-sensitivity of maps whose change under noise is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.metrics.blocks import BLOCK, SIDE, case
from vitxplain.errors import OptionError
from vitxplain.metrics.max_sensitivity import MaxSensitivity

PHOTO = Image.fromarray(np.random.default_rng(0).integers(60, 200, (SIDE, SIDE, 3)).astype(np.uint8))


def explained():
    """The map of the photograph as its own method gives it."""
    empty = case(BLOCK, PHOTO)
    return replace(empty, heat=empty.model.explain([PHOTO])[0])


def test_it_is_the_largest_of_the_changes():
    metric, one = MaxSensitivity(radius=0.1, samples=4), explained()
    changes = []
    for image in metric.noisy(PHOTO):
        inside = (np.asarray(image.convert("L"), float) - np.asarray(PHOTO.convert("L"), float))[BLOCK]
        changes.append(np.linalg.norm(inside) / np.linalg.norm(np.asarray(PHOTO.convert("L"), float)[BLOCK]))
    assert metric.score(one) == pytest.approx(max(changes))
    assert len(set(changes)) == 4


def test_noise_stays_within_its_radius_and_is_the_same_twice():
    metric = MaxSensitivity(radius=0.02)
    images = metric.noisy(PHOTO)
    assert len(images) == 10
    moves = np.stack([np.asarray(image).astype(int) - np.asarray(PHOTO) for image in images])
    assert (moves.min(), moves.max()) == (-5, 5)
    assert [one.tobytes() for one in images] == [one.tobytes() for one in metric.noisy(PHOTO)]
    white = np.asarray(metric.noisy(Image.new("RGB", (9, 9), (255,) * 3))[0])
    assert white.min() >= 250  # clipped, not wrapped round


def test_a_map_that_does_not_look_is_never_disturbed():
    one = explained()
    still = replace(one, subject=replace(one.model, heat=lambda _, images: [one.heat] * len(images)))
    assert MaxSensitivity().score(still) == 0


def test_more_noise_and_more_samples_change_more():
    one = explained()
    assert MaxSensitivity(radius=0.01).score(one) < MaxSensitivity(radius=0.1).score(one)
    assert MaxSensitivity(samples=2).score(one) <= MaxSensitivity(samples=8).score(one)


def test_what_is_not_defined():
    assert math.isnan(MaxSensitivity().score(case(np.zeros(BLOCK.shape))))
    assert math.isnan(MaxSensitivity().score(case(np.full(BLOCK.shape, np.nan))))
    with pytest.raises(OptionError, match="radius"):
        MaxSensitivity(radius=0)
