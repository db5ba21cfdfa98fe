"""Digits: the same everywhere, new handwriting in each split, and nothing but the digit tells the class."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from vitxplain.data.synthetic import digits
from vitxplain.data.synthetic.digits import COUNTS, Digits
from vitxplain.data.synthetic.glyphs import scans_of
from vitxplain.errors import OptionError

GOLDEN = "1affa48fe4343feeef223f0106cc9f310583e6b78be0ee53aba74313b0639f74"


def pixels(data: Digits) -> np.ndarray:
    return np.stack([np.asarray(sample.image) for sample in data])


def test_the_pixels_are_those_of_every_other_machine():
    digest = hashlib.sha256()
    for split in COUNTS:
        for sample in Digits(split, size=(48, 64), seed=3, count=20):
            digest.update(np.asarray(sample.image).tobytes())
            digest.update(np.packbits(sample.mask).tobytes())
    assert digest.hexdigest() == GOLDEN


def test_a_sample_depends_on_its_index_alone():
    few, many = Digits("test", count=3), Digits("test")
    assert [np.array_equal(a.image, b.image) for a, b in zip(few, many, strict=False)] == [True] * 3
    assert np.array_equal(many[2].image, many[2].image)


def test_splits_share_no_handwriting():
    with np.load(Path(digits.__file__).with_suffix(".npz")) as stored:
        everything = Counter(scan.tobytes() for scan in stored["scans"])
    parts = [Counter(scan.tobytes() for scans in scans_of(split) for scan in scans) for split in COUNTS]
    assert sum(parts, Counter()) == everything
    assert [part.total() for part in parts] == [1298, 199, 300]


def test_classes_are_balanced():
    assert np.bincount([sample.label for sample in Digits("validation", size=(24, 24))]).tolist() == [100] * 10


def test_the_mask_is_the_digits_own_pixels():
    with_it, without = (Digits("test", count=50, with_digit=present) for present in (True, False))
    for here, away in zip(with_it, without, strict=True):
        changed = (np.asarray(here.image) != np.asarray(away.image)).any(-1)
        assert not (here.mask & ~changed).any()  # all of it was drawn
        assert (changed & ~here.mask).sum() < here.mask.sum()  # beyond it only the soft edge
        assert away.mask is not None
        assert not away.mask.any()
        assert 0.01 < here.mask.mean() < 0.4


def test_digits_are_lighter_than_their_ground():
    for sample in Digits("test", count=30):
        grey = np.asarray(sample.image.convert("L"), float)
        assert np.median(grey[sample.mask]) > np.quantile(grey[~sample.mask], 0.5)


@pytest.mark.parametrize("label", ["digit", "texture", "colour"])
def test_what_is_labelled_is_told_by_the_facts(label):
    data = Digits("train", count=20, label=label)
    assert [data.labels[sample.label] for sample in data] == [sample.facts[label] for sample in data]


def test_training_grows_harder_and_is_never_the_same_twice():
    data = Digits("train", count=30, curriculum=0.5)
    first, middle, later = data.during(0, 0.0), data.during(5, 0.25), data.during(9, 0.9)
    assert (first.hardness, middle.hardness, later.hardness) == (0.0, 0.25, 1.0)
    assert {sample.facts["texture"] for sample in first} == {"plain"}
    assert len({sample.facts["texture"] for sample in later}) > 3
    assert not np.array_equal(pixels(data.during(3, 1.0)), pixels(data.during(4, 1.0)))
    assert np.array_equal(pixels(data.during(3, 1.0)), pixels(data.during(3, 1.0)))


def test_nothing_but_the_digit_tells_the_class():
    """Place, size, colour, texture and scraps: on the rest of the image classifiers are at chance."""
    known, unknown = Digits("train", count=2000, with_digit=False), Digits("test", count=1000, with_digit=False)
    accuracies = [_accuracy(kind, known, unknown) for kind in ("linear", "forest")]
    # 13 of 100 lies three standard deviations above chance for a thousand images.
    assert max(accuracies) < 0.13, accuracies


def test_those_classifiers_do_learn_where_the_digit_is_there():
    known, unknown = (Digits(split, count=count, hardness=0) for split, count in (("train", 2000), ("test", 500)))
    assert _accuracy("forest", known, unknown) > 0.3


def _accuracy(kind: str, known: Digits, unknown: Digits) -> float:
    classifier = {
        "linear": LogisticRegression(max_iter=50, tol=0.1),
        "forest": RandomForestClassifier(100, random_state=0),
    }[kind]
    features = [pixels(data)[:, ::4, ::4].reshape(len(data), -1) / 255.0 for data in (known, unknown)]
    classifier.fit(features[0], [index % 10 for index in range(len(known))])
    return classifier.score(features[1], [index % 10 for index in range(len(unknown))])


@pytest.mark.parametrize("wrong", [{"size": (20, 20)}, {"hardness": 1.5}, {"curriculum": -0.1}])
def test_options_that_cannot_be_are_refused(wrong):
    with pytest.raises(OptionError):
        Digits("test", **wrong)


def test_there_is_no_sample_past_the_end():
    with pytest.raises(IndexError, match="there is no image 3"):
        Digits("test", count=3)[3]
