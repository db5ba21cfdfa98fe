"""TrainOptions out of range."""

import pytest

from vitxplain.errors import OptionError
from vitxplain.train.config.options import TrainOptions


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"epochs": float("nan")}, {"warmup": -1}, {"label_smoothing": 1}])
def test_options_out_of_range(wrong: dict):
    with pytest.raises(OptionError, match=next(iter(wrong))):
        TrainOptions(**wrong)
