"""Order and samples of an epoch, damaged images, and the weights of classes."""

import numpy as np
import pytest

from tests.train.uneven import Uneven
from vitxplain.data.sample import Sample
from vitxplain.data.synthetic.digits import Digits
from vitxplain.errors import ImageError
from vitxplain.train.loop.data_feed import EpochOrder, TrainingFeed, balanced_class_weights


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
