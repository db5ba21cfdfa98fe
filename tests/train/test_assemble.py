"""The parts of training, each by itself."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from vitxplain.data.sample import DataSet, Sample
from vitxplain.data.synthetic.digits import Digits
from vitxplain.errors import ImageError, OptionError
from vitxplain.train.config.defaults import complete_options
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.presets import apply_preset
from vitxplain.train.loop.augment import augment_image
from vitxplain.train.loop.data_feed import EpochOrder, TrainingFeed, balanced_class_weights
from vitxplain.train.records.metrics_file import Row, as_csv, is_best, rows

CPU = torch.device("cpu")


class Uneven(DataSet):
    """Six of one class, two of the other, each image its index."""

    name, split, labels = "uneven", "train", ("many", "few")

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Sample:
        return Sample(Image.new("RGB", (32, 32), (index, 0, 0)), int(index >= 6), str(index))


@pytest.mark.parametrize("how", ["none", "flip", "crop", "light", "strong"])
def test_augmentation_follows_from_its_key(how: str):
    picture = Digits(size=(32, 48))[3].image
    first, again, other = (np.asarray(augment_image(picture, how, key)) for key in ((0, 1, 2), (0, 1, 2), (0, 1, 5)))
    assert first.shape == (32, 48, 3)
    np.testing.assert_array_equal(first, again)
    several = {np.asarray(augment_image(picture, how, (0, 1, index))).tobytes() for index in range(12)}
    assert len(several) == {"none": 1, "flip": 2}.get(how, 12)
    assert how == "flip" or (first == other).all() == (how == "none")


def test_order_and_samples_are_those_of_the_epoch():
    feed, same = (
        TrainingFeed(Digits("train", (24, 24), count=40), seed=1),
        TrainingFeed(Digits("train", (24, 24), count=40), seed=1),
    )
    orders = []
    for epoch in range(3):
        feed.begin(epoch, epoch / 3)
        orders.append(list(EpochOrder(feed)))
    assert all(sorted(order) == list(range(40)) for order in orders)
    assert orders[0] != orders[1] != orders[2]
    same.begin(2, 2 / 3)
    assert list(EpochOrder(same)) == orders[2]
    np.testing.assert_array_equal(np.asarray(same[7].image), np.asarray(feed[7].image))
    same.begin(1, 1 / 3)
    assert (np.asarray(same[7].image) != np.asarray(feed[7].image)).any()


def test_the_next_good_image_stands_in_for_a_damaged_one():
    class Damaged(Uneven):
        def __getitem__(self, index: int) -> Sample:
            if index in (2, 3):
                raise ImageError(f"{index}.png is damaged.")
            return super().__getitem__(index)

    feed = TrainingFeed(Damaged())
    with pytest.warns(UserWarning, match="is damaged") as said:
        assert [feed[index].name for index in (1, 2, 3, 2, 4)] == ["1", "4", "4", "4", "4"]
    assert [str(one.message) for one in said] == [f"{index}.png is damaged. It is skipped." for index in (2, 3)]
    assert feed.damaged.nonzero().flatten().tolist() == [2, 3]


def test_class_weights():
    assert balanced_class_weights(Uneven()).tolist() == [8 / 12, 2.0]


def test_presets_take_every_class_and_do_not_change():
    options, training, validation = apply_preset(TrainOptions(preset="one-batch", batch_size=4), Uneven(), Uneven())
    assert Counter(sample.label for sample in training) == {0: 3, 1: 1}
    assert training is validation
    assert (options.steps, options.scheduler, options.augment) == (100, "constant", "none")
    assert training.during(3, 0.5) is training
    kept, _, _ = apply_preset(TrainOptions(preset="overfit", scheduler="linear", epochs=3), Uneven(), Uneven())
    assert (kept.scheduler, kept.epochs, kept.steps) == ("linear", 3, None)


def test_what_is_left_open_is_worked_out():
    usual = complete_options(TrainOptions(), scratch=True, images=10_000, processes=1, device=CPU)
    assert (usual.epochs, usual.learning_rate, usual.eval_every, usual.precision) == (30, 1e-3, 313, "fp32")
    small = complete_options(TrainOptions(), scratch=False, images=50, processes=1, device=CPU)
    assert (small.epochs, small.learning_rate, small.eval_every) == (150, 5e-5, 50)  # 2 steps an epoch
    tiny = complete_options(TrainOptions(), scratch=True, images=50, processes=1, device=CPU)
    assert tiny.epochs == 200  # and not the thousand that 2,000 steps are
    head = complete_options(
        TrainOptions(mode="head", steps=7, save_every=3), scratch=False, images=50, processes=2, device=CPU
    )
    assert (head.epochs, head.learning_rate, head.save_every) == (None, 1e-3, 3)
    left = {field.name for field in dataclasses.fields(TrainOptions) if getattr(usual, field.name) is None}
    assert left == {"cut_at", "steps", "workers"}


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"epochs": float("nan")}, {"warmup": -1}, {"label_smoothing": 1}])
def test_options_out_of_range(wrong: dict):
    with pytest.raises(OptionError, match=next(iter(wrong))):
        TrainOptions(**wrong)


def test_rows_of_the_history():
    history = [
        {"epoch": 0.5, "step": 5, "loss": 2.0, "accuracy": 0.25, "learning_rate": 1e-3, "seconds": 1.0},
        {"epoch": 0.5, "step": 5, "eval_loss": 1.5, "eval_accuracy": 0.5, "seconds": 2.0},
        {"epoch": 1.0, "step": 10, "train_runtime": 3.0, "train_loss": 1.8},
    ]
    assert as_csv(rows(history)).decode().splitlines() == [
        "epoch,step,split,loss,accuracy,learning_rate,seconds",
        "0.5,5,train,2.0,0.25,0.001,1.0",
        "0.5,5,validation,1.5,0.5,,2.0",
    ]


def evaluation(step: int, accuracy: float, loss: float) -> Row:
    return Row(1.0, step, "validation", loss, accuracy, None, 0.0)


def test_of_equal_accuracies_the_lower_loss_is_best():
    first, second = evaluation(1, 0.5, 1.0), evaluation(2, 0.5, 0.9)
    assert is_best([first], "accuracy")
    assert is_best([first, second], "accuracy")
    assert not is_best([second, first], "accuracy")
    assert not is_best([first, first], "accuracy")
    assert not is_best([first, evaluation(2, 0.4, 0.1)], "accuracy")
    assert is_best([first, evaluation(2, 0.4, 0.1)], "loss")
    assert is_best([evaluation(1, 0.5, float("nan")), first], "loss")
    assert not is_best([first, evaluation(2, 0.5, float("nan"))], "accuracy")
