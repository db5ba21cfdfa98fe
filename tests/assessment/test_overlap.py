"""Intersection over union of classes of pixels, and which pixel is compared with which."""

import numpy as np
import torch

from vitxplain.assessment.pixels.class_maps import class_scores, predicted_classes
from vitxplain.assessment.pixels.overlap import Overlap, pixel_counts
from vitxplain.geometry import Geometry


def test_the_closed_form():
    true = np.array([[0, 0, 1, 1], [0, 0, 1, -1]], np.int16)
    predicted = np.array([[5, 5, 5, 3], [5, 3, 3, 3]])  # the model calls 0 5, and 1 3
    overlap = Overlap.of(pixel_counts(predicted, true, (5, 3, 8)))
    np.testing.assert_allclose(overlap.iou, [3 / 5, 2 / 4, np.nan])
    assert overlap.miou == 0.55
    assert overlap.pixel_accuracy == 5 / 7


def test_another_class_of_the_model_is_wrong():
    counts = pixel_counts(np.array([[9, 1]]), np.array([[0, 1]], np.int16), (0, 1))
    assert counts.tolist() == [[0, 0, 1], [0, 1, 0]]


def test_classes_lie_on_the_pixels_of_the_image():
    scores = torch.zeros(1, 2, 2, 4)
    scores[0, 0] = 0.5
    scores[0, 1, :, 3] = 1.0  # the right quarter of the input
    whole = Geometry((8, 16), (4, 8), (0.0, 0.0, 8.0, 16.0))
    (classes,) = predicted_classes({"logits": scores}, [whole])
    assert classes.shape == (8, 16)
    assert classes[:, :12].sum() == 0
    assert classes[:, 12:].all()
    padded = Geometry((8, 8), (4, 8), (0.0, 0.0, 8.0, 16.0))  # the right half of the input is padding
    (classes,) = predicted_classes({"logits": scores.flip(1)}, [padded])
    assert classes.shape == (8, 8)
    assert classes.all()
    cropped = Geometry((8, 32), (4, 8), (0.0, 8.0, 8.0, 24.0))  # the middle half of the image
    (classes,) = predicted_classes({"logits": scores}, [cropped])
    assert np.flatnonzero(classes[0]).min() == 20


def test_queries_vote_with_class_and_mask():
    queries = torch.tensor([[[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]]])  # the last is "none"
    masks = torch.full((1, 2, 1, 2), -9.0)
    masks[0, 0, 0, 0] = masks[0, 1, 0, 1] = 9.0
    assert class_scores({"logits": queries, "masks": masks}).argmax(1).tolist() == [[[0, 1]]]
