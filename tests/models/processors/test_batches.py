"""Images of any kind, and ready pixel_values, become batches."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BatchFeature

from vitxplain.errors import ImageError, UsageError
from vitxplain.geometry import Geometry
from vitxplain.models.processors.batches import batches, image_list, picture, source_of
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.simple_processor import statistics

PROCESSOR = statistics((0.4, 0.5, 0.6), (0.2, 0.3, 0.4), (8, 12))


def noise(height: int = 8, width: int = 12) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    "one", ["cat.png", Path("cat.png"), noise(), np.zeros((4, 4, 3), np.uint8), torch.zeros(3, 4, 4)]
)
def test_one_image_is_no_list(one: object):
    found, single = image_list(one)
    assert single
    assert len(found) == 1
    assert found[0] is one


@pytest.mark.parametrize(
    "many",
    [["a.png", "b.png"], ("a.png", noise()), torch.zeros(2, 3, 4, 4), np.zeros((2, 4, 4, 3), np.uint8), iter("ab")],
)
def test_many_images(many: object):
    found, single = image_list(many)
    assert not single
    assert len(found) == 2


@pytest.mark.parametrize("nothing", [[], torch.zeros(0, 3, 4, 4)])
def test_no_image_at_all(nothing: object):
    with pytest.raises(UsageError, match="no images were given"):
        image_list(nothing)


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"label": 3, "image": noise()}, "ROW['image']"),
        (BatchFeature({"pixel_mask": torch.zeros(1, 4, 4), "pixel_values": torch.zeros(1, 3, 4, 4)}), "pixel_values"),
        ({"label": 3, "photo": noise()}, "ROW['photo']"),
        ({"label": 3}, "give the image alone"),
        ({}, "a dict with nothing in it is no image"),
    ],
)
def test_a_row_is_told_which_of_it_is_the_image(row: Mapping[str, object], key: str):
    with pytest.raises(ImageError, match=r"was expected: give") as error:
        image_list(row)
    assert key in str(error.value)
    assert all(name in str(error.value) for name in row)


def test_images_of_any_size_share_batches_of_the_limit():
    given = [noise(), noise(20, 10), noise(5, 30), noise(8, 8), noise(9, 9)]
    found = list(batches(PROCESSOR, given, 2))
    assert [batch.positions for batch in found] == [[0, 1], [2, 3], [4]]
    assert [image.size for batch in found for image in batch.images] == [image.size for image in given]
    for batch in found:
        assert batch.pixel_values.shape == (len(batch.positions), 3, 8, 12)
        assert batch.size == (8, 12)
    torch.testing.assert_close(found[1].pixel_values, PROCESSOR(given[2:4]))
    assert found[0].geometries[1].image_size == (20, 10)


def test_a_processor_that_keeps_proportions_gives_one_batch_a_size():
    def to_pixels(images):
        return torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255 for image in images])

    given = [noise(48, 64), noise(64, 64), noise(48, 64)]
    found = list(batches(Processor(to_pixels, (8, 8)), given, 8))
    assert sorted(batch.positions for batch in found) == [[0, 2], [1]]


def test_ready_pixels_go_in_as_they_are():
    pixels = torch.randn(3, 3, 8, 12)
    (batch,) = batches(PROCESSOR, list(pixels), 8)
    assert torch.equal(batch.pixel_values, pixels)
    assert batch.geometries == [Geometry.identity((8, 12))] * 3
    assert [image.size for image in batch.images] == [(12, 8)] * 3
    assert batch.sources == [None] * 3


def test_ready_pixels_of_two_sizes_and_images_together():
    given = [torch.zeros(3, 8, 12), noise(), torch.zeros(3, 16, 16), torch.zeros(3, 8, 12)]
    assert sorted(batch.positions for batch in batches(PROCESSOR, given, 8)) == [[0, 3], [1], [2]]


def test_whole_number_tensors_are_refused():
    with pytest.raises(ImageError, match=r"uint8 tensor cannot be pixel_values"):
        list(batches(PROCESSOR, [torch.zeros(3, 8, 8, dtype=torch.uint8)], 8))


def test_picture_undoes_the_normalisation_whatever_it_was():
    image = noise()
    shown = picture(PROCESSOR, PROCESSOR([image])[0])
    assert np.abs(np.asarray(shown, np.int16) - np.asarray(image, np.int16)).max() <= 1


def test_picture_of_pixels_from_elsewhere_uses_their_own_range():
    pixels = torch.linspace(-100, 300, 96).view(1, 8, 12).expand(3, -1, -1)
    values = np.asarray(picture(PROCESSOR, pixels))
    assert values.min() == 0
    assert values.max() == 255
    assert np.asarray(picture(PROCESSOR, torch.full((3, 8, 12), torch.nan))).max() == 0


@pytest.mark.parametrize("channels", [1, 4])
def test_picture_of_other_channels_is_grey(channels: int):
    values = np.asarray(picture(PROCESSOR, torch.rand(channels, 8, 12)))
    assert values.shape == (8, 12, 3)
    assert (values[..., 0] == values[..., 2]).all()


def test_where_an_image_came_from(tmp_path: Path):
    noise().save(tmp_path / "a.png")
    assert source_of(tmp_path / "a.png") == str(tmp_path / "a.png")
    assert source_of("https://x.org/a.png") == "https://x.org/a.png"
    with Image.open(tmp_path / "a.png") as image:
        assert source_of(image) == str(tmp_path / "a.png")
    assert source_of(noise()) is None
    assert source_of(np.zeros((2, 2, 3), np.uint8)) is None
    (batch,) = batches(PROCESSOR, [tmp_path / "a.png"], 8)
    assert batch.sources == [str(tmp_path / "a.png")]


def test_a_loader_of_images_alone_gives_its_batches():
    found, single = image_list(torch.utils.data.DataLoader(torch.zeros(4, 3, 8, 8), batch_size=1))
    assert (len(found), single) == (4, False)
