"""A marked object moves with its image: where the mark is, there the box and the class map say it is."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from vitxplain.data.sample import UNLABELLED, ExactBox, LabelledObject, Sample
from vitxplain.train.loop.augment import augment
from vitxplain.train.loop.move_sample import cropped, mirrored, turned

SIZE = (48, 64)  # height, width


def marked(box: tuple[int, int, int, int] = (30, 10, 46, 34), *, mask: bool = True) -> Sample:
    """A white object on black, known by its box and mask and by the class map."""
    left, top, right, bottom = box
    inside = np.zeros(SIZE, bool)
    inside[top:bottom, left:right] = True
    image = Image.fromarray(np.repeat(np.where(inside, 255, 0).astype(np.uint8)[..., None], 3, -1))
    known = LabelledObject(0, "mark", ExactBox(*map(float, box)), inside if mask else None)
    return Sample(image, 0, "marked", objects=(known,), class_map=inside.astype(np.int16))


def white(sample: Sample) -> tuple[float, float, float, float]:
    """The box round what is white."""
    inside = np.asarray(sample.image.convert("L")) > 127
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


MOVES: dict[str, Callable[[Sample], Sample]] = {
    "mirrored": mirrored,
    "cropped": lambda sample: cropped(sample, (20.5, 4.0, 60.0, 40.0)),
    "cut by the crop": lambda sample: cropped(sample, (36.0, 16.0, 64.0, 48.0)),
    "turned": lambda sample: turned(sample, 8.0, (3, -2), (0, 0, 0)),
    "turned back": lambda sample: turned(sample, -7.5, (-3, 2), (0, 0, 0)),
}


@pytest.mark.parametrize("name", MOVES)
def test_box_and_map_follow_the_mark(name: str):
    moved = MOVES[name](marked())
    assert moved.image.size == (64, 48)
    assert moved.objects is not None
    assert moved.class_map is not None
    np.testing.assert_allclose(moved.objects[0].box, white(moved), atol=1.2)
    grey = np.asarray(moved.image.convert("L"))
    sure = (np.abs(grey.astype(int) - 127) > 100) & (moved.class_map != UNLABELLED)
    np.testing.assert_array_equal((grey > 127)[sure], moved.class_map[sure] == 1)


def test_a_box_alone_is_turned_by_its_corners():
    alone, whole = (turned(marked(mask=mask), 8.0, (0, 0), (0, 0, 0)) for mask in (False, True))
    assert alone.objects is not None
    assert whole.objects is not None
    np.testing.assert_allclose(alone.objects[0].box, whole.objects[0].box, atol=1.0)  # the mark fills its box


def test_what_comes_in_has_no_class():
    moved = turned(marked(), 8.0, (0, 0), (0, 0, 0))
    assert moved.class_map is not None
    assert moved.class_map[0, 0] == UNLABELLED or moved.class_map[-1, 0] == UNLABELLED


def test_what_is_cropped_away_is_no_object_any_more():
    assert cropped(marked((0, 0, 10, 10)), (9.5, 0.0, 60.0, 48.0)).objects == ()
    assert cropped(marked((0, 0, 10, 10)), (20.0, 0.0, 60.0, 48.0)).objects == ()


@pytest.mark.parametrize("how", ["flip", "crop", "light", "strong"])
def test_every_augmentation_takes_the_labels_along(how):
    for key in range(6):
        moved = augment(marked(), how, (key,))
        assert moved.objects is not None
        np.testing.assert_allclose(moved.objects[0].box, white(moved), atol=1.5)
