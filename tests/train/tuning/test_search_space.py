from typing import Any

import pytest

from vitxplain.errors import OptionError
from vitxplain.train.config.configure import option_value
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.tuning.search_space import DEFAULT, Choice, Range, search_space

BASE = RunConfig("scratch", "digits", model_options={"patch_size": (8, 8)})


def parsed(text: str) -> dict[str, Range | Choice]:
    return search_space(text, lambda key, one: option_value(BASE, key, one))


def test_ranges_and_choices():
    assert parsed("learning_rate=1e-5:1e-2, batch_size=16|32|64") == {
        "learning_rate": Range(1e-5, 1e-2, log=True),
        "batch_size": Choice(("16", "32", "64")),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("batch_size=8:64", Range(8, 64, log=False, whole=True)),
        ("batch_size=8:80", Range(8, 80, log=True, whole=True)),
        ("batch_size=8:80:linear", Range(8, 80, log=False, whole=True)),
        ("warmup=0:1", Range(0, 1, log=False)),
        ("weight-decay=0.1:0.2:log", Range(0.1, 0.2, log=True)),
        ("data.hardness=0:1", Range(0, 1, log=False)),
        ("hidden_size=16|32", Choice(("16", "32"))),
        ("model.patch_size=4x4|8x8", Choice(("4x4", "8x8"))),
        ("augment=none|light|strong", Choice(("none", "light", "strong"))),
    ],
)
def test_options_of_training_model_and_data_by_their_types(text: str, expected: Any):
    (found,) = parsed(text).values()
    assert found == expected


def test_default_is_a_search_space():
    assert list(parsed(DEFAULT)) == ["learning_rate", "batch_size", "weight_decay"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names nothing"),
        ("learning_rate", "'learning_rate' says not what to search; write learning_rate=1e-5:1e-2"),
        ("learning_rate=", "says not what to search"),
        ("learning_rate=1e-3", "leaves no choice; write .*, or -o learning_rate=1e-3"),
        ("batch_size=16|", "leaves no choice"),
        ("batch_size=16|16", "leaves no choice"),
        ("learning_rate=low:high", "is no range of numbers"),
        ("learning_rate=1e-2:1e-5", "is an empty range; the lower end comes first"),
        ("learning_rate=1e-5:inf", "is an empty range"),
        ("weight_decay=0:1:log", "cannot be searched by powers from 0; start above 0"),
        ("learning_rate=1e-5:1e-2:square", "may stand :log or :linear, not 'square'"),
        ("batch_size=8|16,batch_size=32|64", "names batch_size twice"),
        ("batch_size=8.5:16", "batch_size is '8.5'; it takes a whole number"),
        ("augment=none|heavy", "augment is 'heavy'; it takes none or flip"),
        ("learning_rat=1e-5:1e-2", "did you mean learning_rate"),
        ("batch_size=0:16", "batch_size is 0; it must be above 0"),
    ],
)
def test_what_is_no_search_space(text: str, sentence: str):
    with pytest.raises(OptionError, match=sentence):
        parsed(text)
