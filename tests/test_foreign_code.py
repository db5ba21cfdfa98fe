"""What foreign code may do to the process, and what its failure is called."""

import random

import numpy as np
import pytest
import torch

from vitxplain.errors import OptionError, PluginError
from vitxplain.foreign_code import foreign_code


def test_random_numbers_go_on_as_if_nobody_had_drawn():
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    with foreign_code("it", "Advice."):
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(0)
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before


@pytest.mark.parametrize("error", [SystemExit(3), ValueError("x"), BaseException()])
def test_every_failure_is_the_plugin_s(error: BaseException):
    words = rf"^it breaks: {type(error).__name__}: .*\. Advice\.$"
    with pytest.raises(PluginError, match=words) as caught, foreign_code("it", "Advice.", "breaks"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [OptionError("gain is 0."), MemoryError(), KeyboardInterrupt()])
def test_what_is_nobody_s_fault_or_said_already_goes_on(error: BaseException):
    with pytest.raises(type(error)) as caught, foreign_code("it", "Advice."):
        raise error
    assert caught.value is error
