"""Where processors look, against what their arithmetic says, to half a pixel of the original."""

from collections.abc import Sequence

import pytest
import torch
from PIL import Image, ImageOps
from transformers import CLIPImageProcessorPil, ConvNextImageProcessorPil, ViTImageProcessorPil

from vitxplain.geometry import Geometry
from vitxplain.models.processors.calibration import measure
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.simple_processor import from_callable, statistics
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.types import PixelValues

SIZES = [(300, 451), (480, 640), (451, 300), (64, 64), (1000, 120), (30, 800), (768, 1024), (11, 9)]
Box = tuple[float, float, float, float]


def _whole(size: tuple[int, int]) -> Box:
    return (0, 0, *size)


def _shortest_edge_then_crop(size: tuple[int, int], resize: int, crop: int) -> Box:
    """Both edges scaled by resize / shorter edge, the longer truncated, then the centre cut out."""
    scaled = [resize if side == min(size) else int(resize * side / min(size)) for side in size]
    starts = [(side - crop) // 2 for side in scaled]
    top, left = (start * side / new for start, side, new in zip(starts, size, scaled, strict=True))
    bottom, right = ((start + crop) * side / new for start, side, new in zip(starts, size, scaled, strict=True))
    return top, left, bottom, right


def _close(geometry: Geometry, box: Box, tolerance: float = 0.5) -> None:
    assert geometry.box == pytest.approx(box, abs=tolerance)


@pytest.mark.parametrize("size", SIZES)
def test_squash(size: tuple[int, int]) -> None:
    processor = wrap_processor(ViTImageProcessorPil(size={"height": 224, "width": 224}))
    assert processor.geometry(size).box == _whole(size)  # exactly: an edge at the image's edge is meant to be there
    assert statistics((0.5,) * 3, (0.2,) * 3, (32, 48)).geometry(size).box == _whole(size)


@pytest.mark.parametrize("size", SIZES)
def test_shortest_edge_and_centre_crop(size: tuple[int, int]) -> None:
    crop = {"height": 224, "width": 224}
    processor = wrap_processor(CLIPImageProcessorPil(size={"shortest_edge": 256}, crop_size=crop))
    _close(processor.geometry(size), _shortest_edge_then_crop(size, 256, 224))


@pytest.mark.parametrize("size", SIZES)
def test_a_share_of_the_image_is_cropped(size: tuple[int, int]) -> None:
    processor = wrap_processor(ConvNextImageProcessorPil(size={"shortest_edge": 224}, crop_pct=0.875))
    _close(processor.geometry(size), _shortest_edge_then_crop(size, 256, 224))


@pytest.mark.parametrize("size", [(100, 200), (200, 100), (333, 97)])
def test_padding_lies_beyond_the_image(size: tuple[int, int]) -> None:
    def pad(image: Image.Image) -> torch.Tensor:
        return _tensor(ImageOps.pad(image, (64, 64), color=(255, 0, 90)))

    scaled = [round(64 * side / max(size)) for side in size]  # Pillow scales to whole pixels, and pads by whole ones
    starts = [-round((64 - side) / 2) * old / side for side, old in zip(scaled, size, strict=True)]
    ends = [start + 64 * old / side for start, side, old in zip(starts, scaled, size, strict=True)]
    _close(from_callable(pad).geometry(size), (*starts, *ends))
    assert from_callable(pad).geometry(size).visible == (0, 0, *size)


def test_channel_order_and_normalisation_do_not_matter() -> None:
    def swapped(image: Image.Image) -> torch.Tensor:
        pixels = _tensor(image.resize((48, 48)).crop((8, 0, 40, 48)))
        return pixels.flip(0) * torch.tensor([-3.0, 255.0, 0.01])[:, None, None] + 7

    _close(from_callable(swapped).geometry((96, 96)), (0, 16, 96, 80))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (3, 3), (1, 500), (3, 5)])
def test_tiny_images(size: tuple[int, int]) -> None:
    processor = wrap_processor(ViTImageProcessorPil(size={"height": 32, "width": 32}))
    assert processor.geometry(size).box == _whole(size)


def test_a_very_large_image_is_measured_on_a_small_one() -> None:
    crop = {"height": 224, "width": 224}
    processor = wrap_processor(CLIPImageProcessorPil(size={"shortest_edge": 256}, crop_size=crop))
    size = (6000, 9000)
    _close(processor.geometry(size), _shortest_edge_then_crop(size, 256, 224), tolerance=6000 / 256)


def test_a_very_long_image_keeps_its_proportions() -> None:
    seen: list[tuple[int, int]] = []

    def to_pixels(images: Sequence[Image.Image]) -> PixelValues:
        seen.extend(image.size for image in images)
        return torch.stack([_tensor(image.resize((32, 32))) for image in images])

    assert measure(to_pixels, (10, 20_000)).box == (0, 0, 10, 20_000)
    assert set(seen) == {(20_000, 10)}


def test_what_cannot_be_measured_is_said() -> None:
    blind = from_callable(lambda _: torch.zeros(3, 8, 8))
    with pytest.warns(UserWarning, match="could not be measured"):
        assert blind.geometry((50, 60)).box == (0, 0, 50, 60)


def test_a_size_is_measured_once() -> None:
    calls = []

    def transform(image: Image.Image) -> torch.Tensor:
        calls.append(image.size)
        return _tensor(image.resize((8, 8)))

    processor = from_callable(transform)
    first = processor.geometry((20, 30))
    count = len(calls)
    assert processor.geometry((20, 30)) is first
    assert len(calls) == count


def test_groups_are_of_one_size_and_in_order() -> None:
    def keeps_proportions(images: Sequence[Image.Image]) -> PixelValues:
        return torch.stack([_tensor(image) for image in images])

    processor = Processor.observed(keeps_proportions)
    images = [Image.new("RGB", (width, 4), (level, 0, 0)) for width, level in ((4, 0), (6, 51), (4, 255))]
    groups = processor.groups(images)
    assert [indices for indices, _ in groups] == [[0, 2], [1]]
    assert [round(float(pixels[-1].max()), 2) for _, pixels in groups] == [1.0, 0.2]


def _tensor(image: Image.Image) -> torch.Tensor:
    import numpy as np

    return torch.from_numpy(np.array(image, np.float32)).permute(2, 0, 1) / 255
