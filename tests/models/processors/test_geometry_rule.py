"""Geometry by rule: after a few sizes what stretches the whole image is measured no more; all else always is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from vitxplain.models.processors import processor as room
from vitxplain.models.processors.processor import Processor

SIZES = [(48 + 8 * n, 120 - 9 * n) for n in range(9)]


def _tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None] / 255


def stretched(images: Sequence[Any]) -> Tensor:
    return torch.cat([_tensor(image.resize((32, 32))) for image in images])


def cropped(images: Sequence[Any]) -> Tensor:
    """The square in the middle."""

    def middle(image: Image.Image) -> Image.Image:
        side, left, top = min(image.size), *((extent - min(image.size)) // 2 for extent in image.size)
        return image.crop((left, top, left + side, top + side)).resize((32, 32))

    return torch.cat([_tensor(middle(image)) for image in images])


def cropped_where_large(images: Sequence[Any]) -> Tensor:
    """Stretched but for the largest images, which no user has given yet."""
    return torch.cat([(cropped if min(image.size) > 400 else stretched)([image]) for image in images])


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes that were really measured, in order."""
    sizes: list[tuple[int, int]] = []
    measure = room.measure

    def counting(to_pixels: Any, size: tuple[int, int]) -> Any:
        sizes.append(size)
        return measure(to_pixels, size)

    monkeypatch.setattr(room, "measure", counting)
    return sizes


@pytest.mark.parametrize("to_pixels", [stretched, cropped, cropped_where_large])
def test_the_rule_gives_what_is_measured(to_pixels: Any, measured: list[tuple[int, int]]):
    processor = Processor.observed(to_pixels)
    by_processor = [processor.geometry(size) for size in SIZES]
    count = len(measured)
    for geometry, size in zip(by_processor, SIZES, strict=True):
        assert geometry == room.measure(to_pixels, size)
    by_rule = to_pixels is stretched
    assert count == (4 if by_rule else len(SIZES)) + len(room.TRIED)
    assert [processor.geometry(size) for size in SIZES] == by_processor
