"""What is compared on: eight test digits, the model in the box, four maps of each image, and its changed copies.

The model takes pixels in [0, 1], so that 0 is black to whoever changes the tensor and to whoever changes the image.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from vitxplain import explain_together, load_model
from vitxplain.data.load import load_data
from vitxplain.data.sample import Sample
from vitxplain.evaluation.maps.model_queries import ModelQueries, method_queries
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.metrics.base import Case
from vitxplain.metrics.controls import centre, noise
from vitxplain.metrics.replacement import highest_first
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.targets.class_target import ClassTarget

SIDE = 60
METHOD = GradientAttention()
IMAGES = 8
INPUTS, UNTIED = f"{4 * IMAGES} maps", f"{2 * IMAGES} maps without ties"


class FromBlack(nn.Module):
    """A model of ours that takes pixels in [0, 1] and gives logits."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.inner(pixel_values * 2 - 1).logits


def opened(module: nn.Module) -> VisionModel:
    return load_model(module, mean=[0.0] * 3, std=[1.0] * 3, size=(SIDE, SIDE))


@cache
def model() -> VisionModel:
    return opened(FromBlack(load_model("demo-vit").module))


@cache
def samples() -> list[Sample]:
    return list(load_data("digits", "test", limit=IMAGES))


@cache
def cases() -> list[Case]:
    """By image: gradient-attention, rollout, noise and a blob in the middle."""
    images = [sample.image for sample in samples()]
    found = explain_together(model(), images, [METHOD, "attention-rollout"])
    every = []
    for place, sample in enumerate(samples()):
        heats = [maps[place].heatmap() for maps in found.values()]
        subject = method_queries(model(), found["gradient-attention"][place].target.index, METHOD)
        heats += [noise(sample.image, place), centre(sample.image)]
        every += [Case(heat.astype(np.float64), sample.image, sample.mask, subject) for heat in heats]
    return every


def own_maps() -> list[Case]:
    """The maps that the subject's own method made."""
    return cases()[::4]


def scaled(one: Case) -> Case:
    """The map over [0, 1]."""
    return replace(one, heat=(one.heat - one.heat.min()) / np.ptp(one.heat))


def without_ties() -> list[Case]:
    """Of half of the images, for what asks the model often."""
    return untied(cases()[: 2 * IMAGES])


def untied(given: Sequence[Case]) -> list[Case]:
    """The order of their pixels, evenly over [0, 1): no two are equal, in single precision either."""
    found = []
    for one in given:
        order = highest_first(one.heat, seed=0)[::-1]
        found.append(replace(one, heat=(np.argsort(order) / order.size).reshape(one.heat.shape)))
    return found


def flat(given: Sequence[Case]) -> list[Case]:
    return [replace(one, heat=np.full_like(one.heat, 0.5)) for one in given]


def asked(one: Case) -> ModelQueries:
    assert isinstance(one.subject, ModelQueries)
    return one.subject


def explained_class(one: Case) -> int:
    target = asked(one).target
    assert isinstance(target, ClassTarget)
    assert target.indices is not None
    (index,) = target.indices
    return index


def pixels(image: Image.Image) -> Float[np.ndarray, "3 height width"]:
    return np.moveaxis(np.asarray(image.convert("RGB"), np.float32) / 255, -1, 0)


def picture(values: Float[np.ndarray, "3 height width"]) -> Image.Image:
    return Image.fromarray((np.moveaxis(np.asarray(values), 0, -1) * 255).round().astype(np.uint8))


def tensor(given: Sequence[Case]) -> Tensor:
    return torch.from_numpy(np.stack([pixels(one.image) for one in given]))
