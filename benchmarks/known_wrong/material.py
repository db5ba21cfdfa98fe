"""What the mistakes are made on: 32 test digits, `demo-vit` with its attention and the logit's gradient, `demo-cnn`."""

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from vitxplain import load_model
from vitxplain.capture.record import AttentionRecord
from vitxplain.data.load import load_data
from vitxplain.data.sample import Sample
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.explanation.heatmap import unit_range
from vitxplain.explanation.resample import interpolation
from vitxplain.metrics.average_precision import average_precision
from vitxplain.metrics.rank_correlation import rank_correlation
from vitxplain.models.offers import ATTENTION_GRADIENTS, ATTENTIONS
from vitxplain.models.processors.batches import batches
from vitxplain.models.vision_model import VisionModel

IMAGES, SIDE, GRID = 32, 60, 10
NOISE = 0.2  # of a copy's weights, as a share of the standard deviation of each tensor


@dataclass(frozen=True)
class Everything(AttentionExplainer):
    """All weights and the gradient of the target's score with respect to them."""

    needs: ClassVar[frozenset[str]] = frozenset({ATTENTIONS, ATTENTION_GRADIENTS})
    axes: ClassVar[str] = "batch layer what head query key"
    class_specific: ClassVar[bool] = True

    def keep(self, record: AttentionRecord) -> Tensor:
        return torch.stack([record.weights, record.gradients], 1)

    def combine(self, kept: list[Tensor], grid: object) -> Tensor:
        return torch.stack(list(kept), 1)


class Scored(nn.Module):
    """A model whose score is made of its logits in another way."""

    def __init__(self, inner: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.inner, self.change = inner, change

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.change(self.inner(pixel_values).logits)


@cache
def model() -> VisionModel:
    return load_model("demo-vit")


@cache
def convolutional() -> nn.Module:
    return load_model("demo-cnn").module


def disturbed(module: nn.Module) -> nn.Module:
    """A copy with noise on its weights: another network that reads digits about as well."""
    noise, copy = torch.Generator().manual_seed(0), deepcopy(module)
    with torch.no_grad():
        for one in copy.parameters():
            if one.ndim > 1:
                one += NOISE * one.std() * torch.randn(one.shape, generator=noise)
    return copy


@cache
def samples() -> list[Sample]:
    return list(load_data("digits", "test", limit=IMAGES))


@cache
def pixel_values() -> Tensor:
    (batch,) = batches(model().processor, [sample.image for sample in samples()], IMAGES)
    return batch.pixel_values


@cache
def targets() -> list[int]:
    with torch.no_grad():
        return model().logits(pixel_values()).argmax(-1).tolist()


@cache
def attention() -> Tensor:
    """(image, layer, head, query, key)."""
    return _everything(model())[:, :, 0]


def gradients(change: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    """The same axes; of the logit, or of what `change` makes of the logits."""
    if change is None:
        return _everything(model())[:, :, 1]
    scored = Scored(model().module, change)
    return _everything(load_model(scored, mean=[0.5] * 3, std=[0.5] * 3, size=(SIDE, SIDE)))[:, :, 1]


@cache
def _everything(asked: VisionModel) -> Tensor:
    return Everything().explain(asked, pixel_values(), targets())


def found(maps: Tensor) -> float:
    """How well maps (image, patch) of a square grid find the digit: mean average precision."""
    side = math.isqrt(maps[0].numel())
    enlarge = interpolation(SIDE, 0, SIDE, side)
    scores = []
    for one, sample in zip(maps.reshape(-1, side, side).numpy(), samples(), strict=True):
        scores.append(average_precision(enlarge @ unit_range(one) @ enlarge.T, sample.object_mask()))
    return float(np.mean(scores))


def alike(some: Tensor, others: Tensor) -> float:
    """Mean rank correlation of maps (image, patch) with those of the same images."""
    pairs = zip(some.flatten(1).double().numpy(), others.flatten(1).double().numpy(), strict=True)
    return float(np.mean([rank_correlation(one, other) for one, other in pairs]))
