"""Methods that go wrong, each in its own way."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vitxplain.explainers.base import Explainer


@dataclass(frozen=True)
class Constant(Explainer):
    """The same everywhere."""

    axes = "batch row column"
    class_specific = False

    def explain(self, model, pixel_values, target=None) -> Tensor:
        return torch.ones(len(pixel_values), 4, 4)


@dataclass(frozen=True)
class Raising(Explainer):
    """Fails."""

    axes = "batch row column"
    class_specific = False

    def explain(self, model, pixel_values, target=None) -> Tensor:
        raise RuntimeError("out of ideas")
