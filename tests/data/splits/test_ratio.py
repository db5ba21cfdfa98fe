from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitxplain.data.splits.ratio import SPLITS, draw_splits, fractions
from vitxplain.errors import OptionError

RATIOS = st.tuples(*[st.integers(0, 20)] * 3).filter(sum).map(lambda parts: tuple(float(part) for part in parts))
CLASSES = st.lists(st.sampled_from("abcdefg"), max_size=120)


def _names(classes: list[str]) -> list[str]:
    return [f"{word}/{index:03d}.jpg" for index, word in enumerate(classes)]


@settings(max_examples=60, deadline=None)
@given(CLASSES, RATIOS, st.integers(0, 5))
def test_every_class_gets_its_share_within_one_file(classes: list[str], ratio, seed: int):
    splits = draw_splits(_names(classes), classes, ratio, seed)
    assert len(splits) == len(classes)  # each file is in one split
    counts = Counter(zip(classes, splits, strict=True))
    for word, count in Counter(classes).items():
        for split, share in zip(SPLITS, fractions(ratio), strict=True):
            assert abs(counts[word, split] - share * count) < 1


@settings(max_examples=40, deadline=None)
@given(CLASSES, RATIOS, st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(classes: list[str], ratio, chance):
    names = _names(classes)
    order = list(range(len(names)))
    chance.shuffle(order)
    straight = dict(zip(names, draw_splits(names, classes, ratio, 3), strict=True))
    mixed = draw_splits([names[index] for index in order], [classes[index] for index in order], ratio, 3)
    assert mixed == [straight[names[index]] for index in order]


def test_many_small_classes_fill_all_splits():
    classes = [word for word in "abcdefghij" for _ in range(3)]
    assert Counter(draw_splits(_names(classes), classes, (0.8, 0.1, 0.1), 0)) == Counter(train=24, validation=3, test=3)


def test_the_draw_is_the_same_on_every_machine():
    classes = ["cat"] * 10
    assert "".join(split[0] for split in draw_splits(_names(classes), classes, (0.6, 0.2, 0.2), 0)) == GOLDEN
    assert "".join(split[0] for split in draw_splits(_names(classes), classes, (0.6, 0.2, 0.2), 1)) != GOLDEN


def test_accents_stored_apart_from_their_letters_are_the_same_name():
    composed, apart = ["caf\u00e9.jpg", "b.jpg"], ["cafe\u0301.jpg", "b.jpg"]
    assert draw_splits(composed, "xx", (1, 0, 1), 4) == draw_splits(apart, "xx", (1, 0, 1), 4)


def test_percent_and_shares_mean_the_same():
    assert fractions((80, 10, 10)) == fractions((0.8, 0.1, 0.1)) == (Fraction(4, 5), Fraction(1, 10), Fraction(1, 10))


@pytest.mark.parametrize("ratio", [(0, 0, 0), (1, -1, 1), (float("nan"), 1, 1), (float("inf"), 0, 1)])
def test_ratios_that_are_none(ratio):
    with pytest.raises(OptionError, match=r"it takes three shares .* such as 0\.8,0\.1,0\.1"):
        fractions(ratio)


GOLDEN = "ttttttvtvt"
