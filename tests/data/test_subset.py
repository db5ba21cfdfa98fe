"""Some samples stand for all of them, in whatever order the classes lie."""

from collections import Counter

import pytest
from PIL import Image

from vitxplain.data.sample import DataSet, Sample
from vitxplain.data.subset import select, spread
from vitxplain.data.synthetic.digits import Digits


class Numbers(DataSet):
    """Samples whose label is given by their index."""

    name, split, labels = "numbers", "train", tuple("0123456789")

    def __init__(self, whole: int, *, in_turn: bool) -> None:
        self.whole, self.in_turn = whole, in_turn

    def __len__(self) -> int:
        return self.whole

    def __getitem__(self, index: int) -> Sample:
        label = index % 10 if self.in_turn else index * 10 // self.whole
        return Sample(Image.new("L", (1, 1)), label, str(index))


@pytest.mark.parametrize("in_turn", [True, False])
@pytest.mark.parametrize(("whole", "count"), [(400, 60), (10_000, 200), (10_000, 100), (50_000, 500), (997, 100)])
def test_every_class_gets_its_share(whole: int, count: int, in_turn: bool):
    found = Counter(sample.label for sample in spread(Numbers(whole, in_turn=in_turn), count))
    assert sum(found.values()) == count
    assert min(found[label] for label in range(10)) >= 0.5 * count / 10


def test_no_sample_is_taken_twice_and_all_of_them_are_all():
    data = Numbers(1000, in_turn=True)
    names = [sample.name for sample in spread(data, 700)]
    assert len(set(names)) == 700
    assert [sample.name for sample in spread(data, 1000)] == [sample.name for sample in data]


def test_what_is_read_in_order_gives_its_first_ones():
    data = Numbers(100, in_turn=True)
    data.in_order = True
    assert [sample.name for sample in spread(data, 3)] == ["0", "1", "2"]


def test_a_selection_has_no_image_past_its_end():
    data = select(Digits("train", (24, 24)), [3, 1])
    assert [sample.label for sample in data] == [3, 1]
    with pytest.raises(IndexError, match="2 images"):
        data[2]
