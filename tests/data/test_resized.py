"""At another size everything lies where it lay on the picture."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vitxplain.data.load import load_data
from vitxplain.data.resized import nearest, resized, resized_sample
from vitxplain.data.sample import Box, ExactBox, LabelledObject, Sample


def blocks(size: tuple[int, int]) -> Sample:
    """A red block in columns 2 to 5 and rows 1 to 3 of 12 x 8, all that is known of it at this (height, width)."""
    height, width = size
    down, across = height / 8, width / 12
    pixels = np.zeros((height, width, 3), np.uint8)
    mask = np.zeros((height, width), bool)
    mask[round(1 * down) : round(4 * down), round(2 * across) : round(6 * across)] = True
    pixels[mask] = (255, 0, 0)
    box = ExactBox(2 * across, 1 * down, 6 * across, 4 * down)
    thing = LabelledObject(3, "block", box, mask)
    return Sample(
        Image.fromarray(pixels), 0, "blocks", mask, (box.pixels(),), objects=(thing,), class_map=mask.astype(np.int16)
    )


@pytest.mark.parametrize("size", [(16, 12), (4, 6), (24, 48)])
def test_mask_boxes_objects_and_map_move_with_the_pixels(size: tuple[int, int]):
    sample, expected = resized_sample(blocks((8, 12)), size), blocks(size)
    assert sample.image.size == size[::-1]
    (thing,), (meant,) = sample.objects, expected.objects
    assert (thing.label, thing.name, thing.box) == (3, "block", pytest.approx(meant.box))
    for values in (sample.mask, thing.mask, sample.class_map == 1):
        assert (values.shape, values.mean()) == (size, pytest.approx(0.125, abs=0.05))
    if size != (4, 6):  # whose edges fall between pixels
        assert sample.boxes == expected.boxes
        assert (sample.mask == expected.mask).all()
        assert (thing.mask == meant.mask).all()
        assert (sample.class_map == expected.class_map).all()
        red = np.asarray(sample.image)[..., 0] > 127
        assert (red != expected.mask).sum() <= 4  # corners, where two sides blur


def test_boxes_of_whole_pixels_mark_the_pixels_that_their_mask_does():
    whole = np.random.default_rng(0)
    image = Image.new("L", (61, 43))
    for _ in range(20):
        left, top = int(whole.integers(0, 40)), int(whole.integers(0, 30))
        sample = Sample(image, 0, "one", boxes=(Box(left, top, left + 15, top + 12),))
        expected = nearest(sample.object_mask(), (23, 31))
        assert (resized_sample(sample, (23, 31)).object_mask() == expected).all()


def test_what_shrinks_below_a_pixel_keeps_one():
    mask = np.zeros((100, 100), bool)
    mask[99, 99] = True
    thing = LabelledObject(0, "speck", ExactBox(99.0, 99.0, 100.0, 100.0), mask)
    small = resized_sample(
        Sample(Image.new("L", (100, 100)), 0, "a", boxes=(Box(99, 99, 100, 100),), objects=(thing,)), (5, 5)
    )
    assert small.boxes == (Box(4, 4, 5, 5),)
    assert small.objects[0].mask is None
    assert small.objects[0].box == pytest.approx((4.95, 4.95, 5.0, 5.0))


def test_a_set_says_what_it_knows_and_leaves_unknown_what_is():
    data = load_data("scenes", "train", limit=3)
    small = resized(data, (48, 64))
    assert (small.object_labels, small.map_labels) == (data.object_labels, data.map_labels)
    assert {sample.class_map.shape for sample in small} == {(48, 64)}
    bare = resized_sample(replace(data[0], mask=None, boxes=None, objects=None, class_map=None), (48, 64))
    assert (bare.mask, bare.boxes, bare.objects, bare.class_map) == (None,) * 4
    assert np.array_equal(small.during(1, 0.5)[0].image, resized_sample(data.during(1, 0.5)[0], (48, 64)).image)
