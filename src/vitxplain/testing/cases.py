"""What the checks run on: the method, each model it fits, and a batch of images."""

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

import torch

from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import load_explainer
from vitxplain.explainers.passes.fit import reason
from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.models import tiny_cnn, tiny_detector, tiny_vit
from vitxplain.types import PixelValues

Method: TypeAlias = str | type[Explainer] | Explainer


def promise(kept: bool, otherwise: str) -> None:
    """Raise AssertionError with this message unless a promise is kept."""
    if not kept:
        raise AssertionError(otherwise)


def class_of(method: Method) -> type[Explainer]:
    """The class of a method, however it was named."""
    if isinstance(method, str):
        return load_explainer(method)
    return method if isinstance(method, type) else type(method)


def instance_of(method: Method) -> Explainer:
    """The method with the options it was given, or its defaults."""
    return method if isinstance(method, Explainer) else class_of(method)()


def cases(method: Method, model: VisionModel | None) -> Iterator[tuple[Explainer, VisionModel, PixelValues]]:
    """The method with each model it fits, and a batch of three images for it."""
    explainer = instance_of(method)
    models = [model] if model else _fitting(explainer, _small_models()) or _fitting(explainer, _detectors())
    promise(bool(models), f"{type(explainer).__name__} fits no small model of vitxplain.testing; give it one as model=")
    for fitting in models:
        height, width = fitting.processor.input_size
        noise = torch.randn(3, 3, height, width, generator=torch.Generator().manual_seed(0))
        yield explainer, fitting, noise


def _fitting(explainer: Explainer, models: tuple[VisionModel, ...]) -> list[VisionModel]:
    return [one for one in models if reason(explainer, one.probe()) is None]


@cache
def _small_models() -> tuple[VisionModel, ...]:
    return tiny_vit(), tiny_cnn()


@cache
def _detectors() -> tuple[VisionModel, ...]:
    return (tiny_detector(),)
