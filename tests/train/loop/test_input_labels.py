"""Boxes and classes on the input of a model: resized, padded, cropped; and in a batch of several sizes."""

import numpy as np
import torch
from PIL import Image

from vitxplain.data.sample import UNLABELLED, ExactBox, LabelledObject, Sample
from vitxplain.geometry import Geometry
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.train.loop.input_labels import boxes_on_input, map_on_input
from vitxplain.train.loop.padding import of_one_size, padded, padded_maps


def sample(*boxes: tuple[float, float, float, float], ignore: bool = False) -> Sample:
    objects = tuple(LabelledObject(3, "x", ExactBox(*box), ignore=ignore) for box in boxes)
    return Sample(Image.new("RGB", (80, 40)), 0, "image", objects=objects)


def test_a_box_in_shares_of_the_input():
    whole = Geometry((40, 80), (10, 20), (0.0, 0.0, 40.0, 80.0))
    labels, boxes = boxes_on_input(sample((20, 10, 60, 20)), whole)
    assert labels.tolist() == [3]
    torch.testing.assert_close(boxes, torch.tensor([[0.5, 0.375, 0.5, 0.25]]))
    square = Geometry((40, 80), (20, 20), (0.0, 0.0, 80.0, 80.0))  # padded below
    torch.testing.assert_close(
        boxes_on_input(sample((20, 10, 60, 20)), square)[1], torch.tensor([[0.5, 0.1875, 0.5, 0.125]])
    )


def test_what_the_input_does_not_show_is_cut():
    middle = Geometry((40, 80), (20, 20), (0.0, 20.0, 40.0, 60.0))
    labels, boxes = boxes_on_input(sample((0, 0, 40, 40), (0, 0, 20, 40), (70, 0, 80, 40)), middle)
    assert len(labels) == 1
    torch.testing.assert_close(boxes, torch.tensor([[0.25, 0.5, 0.5, 1.0]]))


def test_nothing_is_learnt_of_what_does_not_count_or_has_no_area():
    whole = Geometry((40, 80), (10, 20), (0.0, 0.0, 40.0, 80.0))
    for nothing in (sample((0, 0, 9, 9), ignore=True), sample((5, 5, 5, 9)), sample()):
        labels, boxes = boxes_on_input(nothing, whole)
        assert labels.shape == (0,)
        assert boxes.shape == (0, 4)


def test_each_pixel_of_the_input_has_the_class_under_its_middle():
    class_map = np.tile(np.arange(4, dtype=np.int16), (2, 1))  # columns 0, 1, 2, 3
    padding = Geometry((2, 4), (4, 4), (-1.0, 0.0, 3.0, 4.0))
    assert map_on_input(class_map, padding).tolist() == [[UNLABELLED] * 4, [0, 1, 2, 3], [0, 1, 2, 3], [UNLABELLED] * 4]
    half = Geometry((2, 4), (1, 2), (0.0, 1.0, 2.0, 3.0))
    assert map_on_input(class_map, half).tolist() == [[1, 2]]
    finer = Geometry((2, 4), (2, 8), (0.0, 0.0, 2.0, 4.0))
    assert map_on_input(class_map, finer)[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_batch_of_several_sizes():
    inputs = [torch.ones(3, 2, 4), torch.ones(3, 3, 2), torch.ones(3, 2, 4)]
    batch = padded(inputs)
    assert batch.pixel_values.shape == (3, 3, 3, 4)
    assert batch.mask is not None
    assert batch.mask.sum((1, 2)).tolist() == [8, 6, 8]
    torch.testing.assert_close(batch.pixel_values[:, 0], batch.mask.float())
    assert padded(inputs[::2]).mask is None
    assert of_one_size(inputs) == [[0, 2], [1]]
    parts = [ImagePart(2, 3), None, ImagePart(1, 4)]  # of inputs that the processor padded already
    told = padded(inputs, parts).mask
    assert told is not None
    assert told.sum((1, 2)).tolist() == [6, 6, 4]
    assert padded_maps([torch.zeros(1, 2, dtype=torch.long)] * 2, 255).shape == (2, 1, 2)
