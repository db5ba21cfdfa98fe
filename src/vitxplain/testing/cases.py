"""What the checks run on: the method, each model it fits, and a batch of images."""

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

import torch

from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.fit import reason
from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.models import tiny_cnn, tiny_deformable_detector, tiny_detector, tiny_vit
from vitxplain.testing.outcomes import registered_class
from vitxplain.types import PixelValues

Method: TypeAlias = str | type[Explainer] | Explainer


def promise(kept: bool, otherwise: str) -> None:
    """Raise AssertionError with this message unless a promise is kept."""
    __tracebackhide__ = True
    if not kept:
        raise AssertionError(otherwise)


def class_of(method: Method) -> type[Explainer]:
    """The class of a method, however it was named."""
    __tracebackhide__ = True
    if isinstance(method, str):
        return registered_class(method)
    return method if isinstance(method, type) else type(method)


def instance_of(method: Method) -> Explainer:
    """The method with the options it was given, or its defaults."""
    __tracebackhide__ = True
    return method if isinstance(method, Explainer) else class_of(method)()


def cases(method: Method, model: VisionModel | None) -> Iterator[tuple[Explainer, VisionModel, PixelValues]]:
    """The method with each model it fits, and a batch of three images for it."""
    __tracebackhide__ = True
    explainer = instance_of(method)
    models = [model] if model else _first_fitting(explainer)
    promise(bool(models), f"{type(explainer).__name__} fits no small model of vitxplain.testing; give it one as model=")
    for fitting in models:
        height, width = fitting.processor.input_size
        noise = torch.randn(3, 3, height, width, generator=torch.Generator().manual_seed(0))
        yield explainer, fitting, noise


def _first_fitting(explainer: Explainer) -> list[VisionModel]:
    """Those of the first kind of model of which it fits any."""
    for kind in (_classifiers, _detectors, _deformable_detectors):
        if models := [model for model in kind() if reason(explainer, model.probe()) is None]:
            return models
    return []


@cache
def _classifiers() -> tuple[VisionModel, ...]:
    return tiny_vit(), tiny_cnn()


@cache
def _detectors() -> tuple[VisionModel, ...]:
    return (tiny_detector(),)


@cache
def _deformable_detectors() -> tuple[VisionModel, ...]:
    return (tiny_deformable_detector(),)
