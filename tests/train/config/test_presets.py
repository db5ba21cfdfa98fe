"""Presets: the part of the data, and the options, that they take."""

from collections import Counter

from tests.train.uneven import Uneven
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.presets import apply_preset


def test_presets_take_every_class_and_do_not_change():
    options, training, validation = apply_preset(TrainOptions(preset="one-batch", batch_size=4), Uneven(), Uneven())
    assert Counter(sample.label for sample in training) == {0: 3, 1: 1}
    assert training is validation
    assert (options.steps, options.scheduler, options.augment) == (100, "constant", "none")
    assert training.during(3, 0.5) is training
    kept, _, _ = apply_preset(TrainOptions(preset="overfit", scheduler="linear", epochs=3), Uneven(), Uneven())
    assert (kept.scheduler, kept.epochs, kept.steps) == ("linear", 3, None)
