"""How a module of one's own takes its images, where that is not as its first argument: by name, or within a batch."""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import torch
from torch import nn

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import ModelLoadError
from vitxplain.models.probing.observe import noise
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.leaves import leaves
from vitxplain.types import PixelValues

PIXELS: Final = "pixel_values"
_NAMES: Final = (PIXELS, "images", "image", "inputs", "input", "pixels", "imgs", "img", "x")
_REST: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_DICT, _FEATURE, _LIST, _PAIR = "dict", "BatchFeature", "list", "pair"


@dataclass(frozen=True)
class ByName:
    """The images as the keyword argument `name`."""

    name: str

    def __call__(self, pixel_values: PixelValues) -> dict[str, Any]:
        return {self.name: pixel_values}


@dataclass(frozen=True)
class InBatch:
    """The images within a batch, the argument `name`: under `key`, as a list, or beside labels, which are None."""

    name: str
    kind: str
    key: str = PIXELS

    def __call__(self, pixel_values: PixelValues) -> dict[str, Any]:
        batch: Any = {self.key: pixel_values}
        if self.kind == _FEATURE:
            from transformers import BatchFeature

            batch = BatchFeature(batch)
        elif self.kind != _DICT:
            batch = list(pixel_values) if self.kind == _LIST else (pixel_values, None)
        return {self.name: batch}


def stated_form(module: nn.Module) -> ByName | None:
    """By name, where the forward says so: it takes nothing but keywords, or pixel_values after something else."""
    parameters = _parameters(module)
    first = _first(parameters)
    if PIXELS in parameters:
        return ByName(PIXELS) if first is None or first.name != PIXELS else None
    if first is not None or not parameters:
        return None
    named = {name: one for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}
    required = [name for name, one in named.items() if one.default is one.empty]
    names = required if len(required) == 1 else [name for name in _NAMES if name in named]
    takes_any = len(named) < len(parameters)
    return ByName(names[0]) if names else ByName(PIXELS) if takes_any else None


def with_form_by_trial(model: VisionModel, error: ModelLoadError) -> VisionModel:
    """The model with the first form of a batch that its module takes and looks at, after it failed on a tensor.

    Raises:
        ModelLoadError: there is none: `error`, where its forward wants more than images with what that is.
    """
    if _failure(model) is None:
        raise error
    keys: list[str] = []
    for form in _forms(model, keys):
        tried = replace(model, inputs=form)
        if _failure(tried) is None and _sees(tried):
            return tried
    wants = _wants(model.module, keys)
    raise (ModelLoadError(f"{model.source} {wants}") if wants else error) from error


def _forms(model: VisionModel, keys: list[str]) -> Iterator[InBatch]:
    """The forms to try; the names that its module asks a batch for are added to `keys`."""
    first = _first(_parameters(model.module))
    if first is None or first.kind is not first.POSITIONAL_OR_KEYWORD:
        return
    for form in (InBatch(first.name, _DICT), InBatch(first.name, _DICT)):
        key = keys[-1] if keys else PIXELS
        yield replace(form, key=key)
        failure = _failure(replace(model, inputs=replace(form, key=key)))
        missing = failure.args[0] if isinstance(failure, KeyError) and failure.args else None
        if not isinstance(missing, str) or missing in keys:
            break
        keys.append(missing)
    for key in _NAMES:
        yield InBatch(first.name, _FEATURE, key)
    yield InBatch(first.name, _LIST)
    yield InBatch(first.name, _PAIR)


def _wants(module: nn.Module, keys: list[str]) -> str:
    """What a forward takes that is not given here, as the rest of a sentence; empty where it takes images alone."""
    parameters = _parameters(module)
    first, form = _first(parameters), stated_form(module)
    image = form.name if form else first.name if first else ""
    others = [
        name
        for name, parameter in parameters.items()
        if name != image and parameter.default is parameter.empty and parameter.kind not in _REST
    ]
    wrap = "and images alone are given here; wrap it in a module whose forward(self, pixel_values) calls it with all."
    if others:
        return f"wants {' and '.join(others)} beside the image ({image}), {wrap}"
    return f"takes a batch with {' and '.join(repr(name) for name in keys)}, {wrap}" if keys else ""


def _failure(model: VisionModel) -> Exception | None:
    try:
        with undisturbed(model.module), torch.no_grad():
            model.output(noise(model, model.processor.input_size)[:1])
    except Exception as error:  # whatever a module raises on what it does not take
        return error
    return None


def _sees(model: VisionModel) -> bool:
    """Whether what the module returns depends on the images."""
    images = noise(model, model.processor.input_size)
    with suppress(Exception), undisturbed(model.module), torch.no_grad():
        first, second = (leaves(model.output(images[number : number + 1])) for number in (0, 1))
        return any(not torch.equal(first[path], second[path]) for path in first.keys() & second.keys())
    return False


def _parameters(module: nn.Module) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(module.forward).parameters
    except (TypeError, ValueError):  # not written in Python
        return {}


def _first(parameters: Mapping[str, inspect.Parameter]) -> inspect.Parameter | None:
    """The first argument that need not be named."""
    unnamed = (one for one in parameters.values() if one.kind not in (one.KEYWORD_ONLY, one.VAR_KEYWORD))
    return next(unnamed, None)
