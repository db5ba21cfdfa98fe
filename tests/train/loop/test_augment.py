"""Augmentation follows from its key."""

import numpy as np
import pytest

from vitxplain.data.synthetic.digits import Digits
from vitxplain.train.loop.augment import augment


@pytest.mark.parametrize("how", ["none", "flip", "crop", "light", "strong"])
def test_augmentation_follows_from_its_key(how: str):
    sample = Digits(size=(32, 48))[3]

    def changed(*key: int) -> np.ndarray:
        return np.asarray(augment(sample, how, key).image)

    first, again, other = changed(0, 1, 2), changed(0, 1, 2), changed(0, 1, 5)
    assert first.shape == (32, 48, 3)
    np.testing.assert_array_equal(first, again)
    several = {changed(0, 1, index).tobytes() for index in range(12)}
    assert len(several) == {"none": 1, "flip": 2}.get(how, 12)
    assert how == "flip" or (first == other).all() == (how == "none")
