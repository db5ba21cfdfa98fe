"""Words that other tools have for options."""

import pytest

from vitxplain.data.load import options_of
from vitxplain.options.parse import option_types
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.synonyms import SYNONYMS, option_hint


def test_synonyms_are_names_of_nothing_and_mean_something():
    from vitxplain.train.config.configure import _model_hints

    train, model = option_types(TrainOptions), _model_hints("scratch")
    known = {*train, *model, *(name for source in ("digits", "defects") for name in options_of(source))}
    words = [word for synonyms in SYNONYMS.values() for word in synonyms]
    assert len(set(words)) == len(words)
    assert not known & set(words)
    assert all(name in train or name.removeprefix("model.") in model for name in SYNONYMS)


@pytest.mark.parametrize(
    ("word", "value", "way"),
    [
        ("--epochs", "2", "-o epochs=2"),
        ("--batch-size", "8", "-o batch_size=8"),
        ("--lr", "", "-o learning_rate=VALUE"),
        ("--epoch", "3", "-o epochs=3"),
        ("--zzz", "3", None),
    ],
)
def test_an_option_typed_as_other_tools_have_it(word: str, value: str, way: str | None):
    assert option_hint(word, value) == way
