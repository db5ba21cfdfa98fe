"""Models that find what is red, green or blue, so that what they must say of an image is known."""

from collections import Counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from vitxplain import load_model
from vitxplain.models.vision_model import VisionModel

COLOURS = ["red", "green", "blue"]
SIZE = 32
CELLS = 4  # places in a row and in a column
CELL = SIZE // CELLS
_RGB = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "magenta": (255, 0, 255), "pale": (150, 0, 0)}

_PASSES: Counter[int] = Counter()  # of each module


class Colours(nn.Module):
    """A logit of each colour at each of 4 x 4 places: 4 where a place is of this colour, -4 where it has none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 3, CELL, CELL, bias=False)
        with torch.no_grad():
            self.features.weight.copy_(torch.eye(3)[:, :, None, None].expand(3, 3, CELL, CELL) / CELL**2)

    def forward(self, pixel_values: Tensor) -> Any:
        _PASSES[id(self)] += 1
        return self.read(8 * self.features(pixel_values) - 4)

    @property
    def passes(self) -> int:
        """How often it ran; what a module counts itself is put back after each pass."""
        return _PASSES[id(self)]

    def read(self, logits: Tensor) -> Any:
        raise NotImplementedError


class Detector(Colours):
    """One query a place, whose box is the place; with `no_object` one logit more, of nothing."""

    def __init__(self, no_object: bool = True) -> None:
        super().__init__()
        self.no_object = no_object

    def read(self, logits: Tensor) -> dict[str, Tensor]:
        rows = logits.flatten(2).transpose(1, 2)
        if self.no_object:
            rows = torch.cat([rows, torch.zeros_like(rows[..., :1])], -1)
        centres = (torch.arange(CELLS) + 0.5) / CELLS
        down, across = torch.meshgrid(centres, centres, indexing="ij")
        side = torch.full((CELLS**2,), 1 / CELLS)
        boxes = torch.stack([across.flatten(), down.flatten(), side, side], -1)
        return {"logits": rows, "pred_boxes": boxes.expand(len(rows), -1, -1)}


class Segmenter(Colours):
    """A class for each place; what has no colour is background."""

    def read(self, logits: Tensor) -> dict[str, Tensor]:
        return {"logits": torch.cat([logits, torch.zeros_like(logits[:, :1])], 1)}


class MaskFinder(Colours):
    """One query a colour, which finds all places of it; its last logit says that there is none."""

    def read(self, logits: Tensor) -> dict[str, Tensor]:
        shown = logits.flatten(2).amax(2)
        classes = torch.diag_embed(shown + 8) - 8
        return {
            "class_queries_logits": torch.cat([classes, torch.zeros_like(classes[..., :1])], -1),
            "masks_queries_logits": logits,
        }


def tensor_of(image: Image.Image) -> Tensor:
    pixels = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.NEAREST)).copy()
    return torch.from_numpy(pixels).permute(2, 0, 1) / 255


def detector(processor: Any = tensor_of, labels: Any = COLOURS, **options: Any) -> VisionModel:
    return load_model(Detector(**options).eval(), processor=processor, labels=labels)


def segmenter(processor: Any = tensor_of, labels: Any = (*COLOURS, "background")) -> VisionModel:
    return load_model(Segmenter().eval(), processor=processor, labels=list(labels))


def mask_finder(processor: Any = tensor_of, labels: Any = COLOURS) -> VisionModel:
    return load_model(MaskFinder().eval(), processor=processor, labels=labels)


def painted(*places: tuple[str, tuple[int, int, int, int]], size: tuple[int, int] = (SIZE, SIZE)) -> Image.Image:
    """A black image of (width, height) with boxes (left, top, right, bottom) of these colours."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    for colour, (left, top, right, bottom) in places:
        pixels[top:bottom, left:right] = _RGB[colour]
    return Image.fromarray(pixels)


def cell(row: int, column: int) -> tuple[int, int, int, int]:
    """The box of one place."""
    return column * CELL, row * CELL, (column + 1) * CELL, (row + 1) * CELL
