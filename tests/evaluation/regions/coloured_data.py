"""Coloured squares, which the models of tests/tasks/colours.py find, and a method that sees what those see."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tests.tasks.colours import cell, painted
from vitxplain.data.sample import DataSet, ExactBox, LabelledObject, Sample
from vitxplain.explainers.base import Explainer

NAMES = ("red", "green", "blue", "purple")
MAP_NAMES = ("background", *NAMES)


class Squares(DataSet):
    """Images with objects at cells, each (name, row, column); what `shown` leaves out is labelled where nothing is."""

    name, split, labels, has_masks = "squares", "test", NAMES, True
    object_labels, map_labels = NAMES, ()

    def __init__(
        self, images: Sequence[Sequence[tuple[str, int, int]]], *, hidden: Sequence[str] = ("purple",)
    ) -> None:
        self.images, self.hidden = images, hidden

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Sample:
        objects = self.images[index]
        image = painted(*((name, cell(row, column)) for name, row, column in objects if name not in self.hidden))
        labelled = []
        for name, row, column in objects:
            left, top, right, bottom = cell(row, column)
            mask = np.zeros((32, 32), bool)
            mask[top:bottom, left : (left + right) // 2] = True  # the left half of its box
            box = ExactBox(float(left), float(top), float(right), float(bottom))
            labelled.append(LabelledObject(NAMES.index(name), name, box, mask, ignore=(row, column) == (3, 3)))
        return Sample(image, 0, f"{index}.png", objects=tuple(labelled))


class ColourMaps(DataSet):
    """The same as maps of classes."""

    name, split, labels, has_masks = "colour-maps", "test", NAMES, True
    object_labels, map_labels = (), MAP_NAMES

    def __init__(self, images: Sequence[Sequence[tuple[str, int, int]]]) -> None:
        self.squares = Squares(images)

    def __len__(self) -> int:
        return len(self.squares)

    def __getitem__(self, index: int) -> Sample:
        sample, numbers = self.squares[index], np.zeros((32, 32), np.int16)
        for labelled in sample.objects:
            left, top, right, bottom = labelled.box.pixels()
            numbers[top:bottom, left:right] = MAP_NAMES.index(labelled.name)
        return Sample(sample.image, 0, sample.name, class_map=numbers)


@dataclass(frozen=True)
class InputGradient(Explainer):
    """The gradient of the target's score times the pixel, where it helps: nothing but what the models read."""

    axes = "batch row column"
    class_specific = True

    def explain(self, model, pixel_values, target=None) -> Tensor:
        pixels = pixel_values.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            target.score(model.outputs(pixels)).sum().backward()
        return (pixels.grad * pixels.detach()).sum(1).clamp_min(0)
