"""Generators are as they were, however much was drawn from them."""

import random

import numpy as np
import torch

from vitxplain.generators import generators


def test_each_goes_on_where_it_was() -> None:
    put_back = [*generators()]
    first = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    drawn = random.random(), np.random.rand(), torch.rand(1)
    for one in put_back:
        one()
    again = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    assert again[:2] == first[:2]
    assert torch.equal(again[2], first[2])
    assert drawn[1:] == (np.random.rand(), torch.rand(1))
