from collections import Counter
from hashlib import sha256

import numpy as np
import pytest

from vitxplain.data.synthetic.defect_shapes import SHAPES
from vitxplain.data.synthetic.defects import Defects
from vitxplain.data.synthetic.materials import MATERIALS
from vitxplain.errors import OptionError


def pixels(image) -> np.ndarray:
    return np.asarray(image).astype(np.float64) / 255


def test_a_good_and_a_damaged_tile():
    good, bad = Defects()[0], Defects()[1]
    assert good.image.size == bad.image.size == (64, 64)
    assert (good.label, bad.label) == (0, 1)
    assert not good.mask.any()
    assert 0.001 < bad.mask.mean() < 0.2
    assert good.facts["defect"] == "good"
    assert bad.facts["defect"] == "scratch"
    assert bad.facts["texture"] in MATERIALS


def test_every_machine_makes_these_pixels():
    content = sha256()
    for data in (Defects(), Defects("train", (48, 80), seed=3, classes="multi", colour=False, hardness=0.4)):
        for index in range(0, 60, 3):
            sample = data[index]
            content.update(np.asarray(sample.image).tobytes() + sample.mask.tobytes() + bytes([sample.label]))
    assert content.hexdigest() == "22303679463fead093b1792ff1b905d51b78715bd59b1f05cb1d40f214d677ec"


@pytest.mark.parametrize(("classes", "labels"), [("binary", ("good", "defect")), ("multi", ("good", *SHAPES))])
def test_classes_and_kinds_are_equally_frequent(classes, labels):
    data = Defects(count=200, classes=classes)
    assert data.labels == labels
    assert set(Counter(data[index].label for index in range(200)).values()) == {200 // len(labels)}
    kinds = Counter(sample.facts["defect"] for sample in data)
    assert len({kinds[kind] for kind in SHAPES}) == 1


@pytest.mark.parametrize("hardness", [0.0, 1.0])
@pytest.mark.parametrize("size", [(32, 32), (64, 64), (40, 120)])
def test_every_defect_is_seen_and_masked(size, hardness):
    data = Defects(size=size, count=81, classes="multi", hardness=hardness)
    for index in range(1, 81):
        sample = data[index]
        change = np.abs(pixels(sample.image) - pixels(data.without_defect(index))).mean(-1)
        assert sample.mask.any() == (sample.label > 0)
        if sample.label:
            assert change[sample.mask].mean() > 0.08
            assert change[sample.mask].sum() > 0.6 * change.sum()  # nothing of it far outside the mask


def test_lighter_and_darker_than_the_surface():
    data = Defects(count=400)
    tones = Counter()
    for index in range(1, 400, 2):
        sample = data[index]
        change = (pixels(sample.image) - pixels(data.without_defect(index))).mean(-1)[sample.mask].mean()
        assert (change > 0) == (sample.facts["tone"] == "lighter")
        tones[sample.facts["tone"]] += 1
    assert min(tones.values()) > 70


def test_grey_tiles_are_grey():
    tile = np.asarray(Defects(colour=False)[1].image)
    assert (tile == tile[..., :1]).all()
    colours = np.asarray(Defects()[1].image)
    assert not (colours == colours[..., :1]).all()


def features(image) -> list[float]:
    """What a shortcut could lean on: colours, contrast, edges, and a coarse picture."""
    grey = pixels(image).mean(-1)
    down, across = np.abs(np.diff(grey, axis=0)), np.abs(np.diff(grey, axis=1))
    edges = [f(edge) for edge in (down, across) for f in (np.mean, np.max, np.std)]
    coarse = grey.reshape(8, 8, 8, 8).mean((1, 3)).ravel()
    extremes = [grey.max(), grey.min(), *np.percentile(grey, (0.5, 5, 95, 99.5))]
    return [*pixels(image).mean((0, 1)), grey.std(), *extremes, *edges, *coarse]


def test_only_the_defect_tells_a_bad_tile_from_a_good_one():
    from sklearn.ensemble import RandomForestClassifier

    train, test = Defects("train", count=500), Defects(count=500)

    def accuracy(picture) -> float:
        model = RandomForestClassifier(60, random_state=0, min_samples_leaf=3)
        model.fit([features(picture(train, i)) for i in range(500)], np.arange(500) % 2)
        return model.score([features(picture(test, i)) for i in range(500)], np.arange(500) % 2)

    assert accuracy(lambda data, i: data[i].image) > 0.65  # such a classifier sees defects where there are some
    assert accuracy(Defects.without_defect) == pytest.approx(0.5, abs=0.07)  # 3 standard errors


def test_training_is_new_each_epoch_and_grows_harder():
    data = Defects("train", curriculum=0.5)
    first, later = data.during(0, 0.0), data.during(1, 0.25)
    assert (first.hardness, later.hardness, data.during(5, 0.9).hardness) == (0, 0.5, 1)
    assert first[1].image.tobytes() != later[1].image.tobytes()


def test_splits_and_seeds_differ():
    tiles = [Defects(split)[1] for split in ("train", "validation", "test")] + [Defects(seed=1)[1]]
    assert len({tile.image.tobytes() for tile in tiles}) == 4


@pytest.mark.parametrize("wrong", [{"size": (16, 64)}, {"hardness": 1.5}, {"curriculum": -1}])
def test_wrong_options(wrong):
    with pytest.raises(OptionError, match="take 32 px or more|from 0 to 1"):
        Defects(**wrong)


def test_past_the_end():
    with pytest.raises(IndexError, match="has 3 images; there is no image 3"):
        Defects(count=3)[3]
