"""What a segmenter found, and which segment or region a user means."""

from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import ImageOps

from tests.tasks.colours import CELLS, Segmenter, cell, painted, segmenter, tensor_of
from vitxplain import explain
from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.pixel_classes import PixelClasses
from vitxplain.tasks.targets.region_target import seen_places

IMAGE = painted(("red", cell(0, 1)), ("blue", cell(2, 2)), ("blue", cell(3, 0)))  # background, blue, red


def _mask(*cells: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((CELLS, CELLS), bool)
    for place in cells:
        mask[place] = True
    return mask


def test_segments_are_what_the_library_makes_of_the_map() -> None:
    logits = torch.randn(1, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    library = transformers.SegformerImageProcessorPil()
    made = library.post_process_semantic_segmentation(transformers.utils.ModelOutput(logits=logits))[0].numpy()
    found = PixelClasses().find({LOGITS: logits}, Geometry.identity((60, 80)), {0: "cat", 1: "dog", 2: "background"})
    assert [one.name for one in found][-1] == "background"
    assert found[0].share >= found[1].share
    for one in found:
        np.testing.assert_array_equal(one.mask, made == one.index)
        assert one.share == pytest.approx((made == one.index).mean())
        assert one.score == pytest.approx(float(logits.softmax(1)[0, one.index].numpy()[one.mask].mean()), abs=1e-6)


@pytest.mark.parametrize(
    ("target", "name", "label", "places"),
    [
        (None, "blue", "segment-0", [(2, 2), (3, 0)]),
        ("segment:1", "red", "segment-1", [(0, 1)]),
        ("red", "red", "segment-1", [(0, 1)]),
        (0, "red", "segment-1", [(0, 1)]),
        ("@12,3", "red", "segment-1", [(0, 1)]),
        ("@31.9,31.9", "background", "segment-2", None),
        ("@32,32", "background", "segment-2", None),
        ("box:0,0,8,8", "background", "box-0,0,8,8", [(0, 0)]),
        ("box:14,14,26,26", "blue", "box-14,14,26,26", [(2, 2)]),
        ("red~blue", "red ~ blue", "segment-1~blue", [(0, 1)]),
    ],
)
def test_every_spelling_names_its_segment(target: Any, name: str, label: str, places: Any) -> None:
    explained = explain(segmenter(), IMAGE, "grad-cam", target=target).target
    assert (explained.name, explained.label) == (name, label)
    if places is not None:
        np.testing.assert_array_equal(explained.region, _mask(*places))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("segment:3", "'segment:3' does not exist; found: segment:0 blue .*, segment:1 red .*, segment:2 background"),
        ("green", "no place has this class; found: segment:0 blue"),
        ("blue#1", "all of a class is one segment here"),
        ("@50,3", "lies outside the image of 32 x 32 px"),
        ("box:40,40,50,50", "lies outside the image of 32 x 32 px"),
        ("box:0,0,1,1", "smaller than one place of its output"),
        (np.ones((4, 4), bool), "the mask of the target is 4 x 4 px and the image 32 x 32"),
        (np.zeros((32, 32), bool), "the mask of the target is empty"),
    ],
)
def test_what_is_not_there_is_said(target: Any, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        explain(segmenter(), IMAGE, "grad-cam", target=target)


def test_the_score_is_the_sum_of_the_logits_over_the_region() -> None:
    """Seg-Grad-CAM, by hand; a difference takes off the other class's over the same region, and tells it."""
    model = segmenter()
    logits = model.outputs(tensor_of(IMAGE)[None])[LOGITS].detach()
    for target, expected in {
        "red": logits[0, 0, 0, 1],
        "blue": logits[0, 2, 2, 2] + logits[0, 2, 3, 0],
        "red~blue": logits[0, 0, 0, 1] - logits[0, 2, 0, 1],
    }.items():
        score = model.task.target(target, model.labels).fixed({LOGITS: logits}).score({LOGITS: logits})
        assert float(score) == pytest.approx(float(expected)), target
    against = explain(model, IMAGE, "grad-cam", target="red~blue").target.against
    assert (against.index, against.name) == (2, "blue")
    assert against.probability == pytest.approx(float(logits.softmax(1)[0, 2, 0, 1]))


def test_a_mask_of_ones_own_is_explained_as_the_class_of_most_of_it() -> None:
    mask = np.zeros((32, 32), bool)
    mask[16:32, 0:24] = True  # six places, two of them blue
    explained = explain(segmenter(), IMAGE, "grad-cam", target=mask).target
    assert (explained.name, explained.label) == ("background", "mask")
    assert explained.share == pytest.approx(mask.mean())
    mask[:, 8:] = False
    explained = explain(segmenter(), painted(("blue", (0, 16, 8, 32))), "grad-cam", target=mask).target
    assert (explained.name, explained.probability) == ("blue", pytest.approx(0.981, abs=1e-3))


def test_nothing_is_found_in_what_the_processor_added() -> None:
    """A wide image with black above and below: neither share nor region counts those rows."""
    model = segmenter(lambda image: tensor_of(ImageOps.pad(image, (32, 32), 0, color="black")))
    image = painted(("red", (0, 0, 32, 32)), size=(64, 32))
    red, background = explain(model, image, "grad-cam", target="all")
    assert (red.target.share, background.target.share) == (0.5, 0.5)
    np.testing.assert_array_equal(red.target.region, _mask((1, 0), (1, 1), (2, 0), (2, 1)))
    np.testing.assert_array_equal(background.target.region, _mask((1, 2), (1, 3), (2, 2), (2, 3)))
    assert explain(model, image, "grad-cam", target="@31,1").target.name == "red"
    assert explain(model, image, "grad-cam", target="@33,31").target.name == "background"


def test_points_that_the_processor_crops_away_are_refused() -> None:
    model = segmenter(lambda image: tensor_of(ImageOps.fit(image, (32, 32), 0)))
    image = painted(("red", (16, 0, 32, 32)), size=(64, 32))
    assert explain(model, image, "grad-cam", target="@20,5").target.name == "red"
    with pytest.raises(TargetError, match="target '@5,5' lies where the model did not look: it crops"):
        explain(model, image, "grad-cam", target="@5,5")


def test_places_seen_are_those_whose_middle_lies_on_the_image() -> None:
    padded = Geometry((10, 20), (8, 8), (-5.0, 0.0, 15.0, 20.0))
    np.testing.assert_array_equal(seen_places(padded, (4, 2)), [[False] * 2, [True] * 2, [True] * 2, [False] * 2])
    assert seen_places(Geometry.identity((7, 9)), (3, 3)).all()


def test_from_a_score_on_segments_count() -> None:
    with pytest.raises(TargetError, match=r"no segment reaches min_score 0.99: the best is segment:0 blue \(98%\)"):
        explain(segmenter(), IMAGE, "grad-cam", min_score=0.99)
    found = explain(segmenter(), IMAGE, "grad-cam", min_score=0.97).detections
    assert [one.name for one in found] == ["blue", "red"]


def test_outputs_of_torchvision_and_transformers_are_read_alike() -> None:
    logits = torch.zeros(1, 3, 4, 4)
    for raw in (logits, {"logits": logits}, {"out": logits}, (logits,)):
        assert PixelClasses().outputs(raw)[LOGITS] is logits
    assert Segmenter()(torch.zeros(1, 3, 32, 32))["logits"].shape == (1, 4, CELLS, CELLS)


def test_masks_given_together_are_numbered() -> None:
    side = IMAGE.height // CELLS
    masks = [np.kron(_mask(place), np.ones((side, side), bool)) for place in ((3, 0), (2, 2))]
    made = explain(segmenter(), IMAGE, "grad-cam", target=masks)
    assert [one.target.label for one in made] == ["mask-0", "mask-1"]
    assert [one.target.label for one in explain(segmenter(), IMAGE, "grad-cam", target=[masks[0]] * 2)] == ["mask"] * 2
