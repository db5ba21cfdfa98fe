"""What is compared: images, models, methods and targets, each with the name it has in the figure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import PurePath
from typing import Any, Final, TypeAlias

import numpy as np
from torch import nn

from vitxplain import registry
from vitxplain.data.read_image import stem_of
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import TargetError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import MethodLike, check_names, name_of, several
from vitxplain.models.objects.holders import ModelHolder
from vitxplain.models.opened import ModelLike
from vitxplain.models.processors.batches import OneImage, image_list, source_of
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.spelling import EVERYTHING
from vitxplain.words import short_name, source_name, unique_stems

RANDOM_WEIGHTS: Final = "random-weights"
Compared: TypeAlias = "OneImage | Sample"


@dataclass(frozen=True)
class Entry:
    """One image, model, method or target; a model may be one with `random` weights, a method a `control` map."""

    label: str
    value: Any = field(repr=False)
    random: bool = False
    control: bool = False


def image_entries(images: Any) -> list[Entry]:
    """Images of any kind, samples of data, or a data set.

    Raises:
        UsageError: there is none.
    """
    if isinstance(images, DataSet):
        images = list(images)
    is_data = isinstance(images, (list, tuple)) and any(isinstance(image, Sample) for image in images)
    listed: list[Any] = [images] if isinstance(images, Sample) else list(images) if is_data else image_list(images)[0]
    labels = unique_stems([_image_label(image, number) for number, image in enumerate(listed, 1)])
    return [Entry(label, image) for label, image in zip(labels, listed, strict=True)]


def model_entries(models: ModelLike | Sequence[ModelLike], *, random: bool) -> list[Entry]:
    """One model or several, each followed by itself with random weights where that is asked for.

    Raises:
        UsageError: there is none.
    """
    single = isinstance(models, (str, PathLike, nn.Module, VisionModel)) or not isinstance(models, Iterable)
    listed: list[Any] = [models] if single else list(models)  # type: ignore[arg-type]
    if not listed:
        raise UsageError("no models were given; name at least one, such as demo-vit.")
    labels = unique_stems([_model_label(model) for model in listed])
    entries = []
    for label, model in zip(labels, listed, strict=True):
        entries.append(Entry(label, model))
        if random:
            entries.append(Entry(f"{label}, random weights", model, random=True))
    return entries


def method_entries(methods: MethodLike | Iterable[MethodLike], controls: Sequence[str]) -> list[Entry]:
    """The methods by their canonical names, once each; then the controls.

    Raises:
        UsageError: there is none.
        UnknownNameError: nobody registered one.
    """
    listed = several(methods)
    check_names(listed)
    entries = {_method_label(method): method for method in listed}
    return [
        *(Entry(label, method) for label, method in entries.items()),
        *(Entry(f"{name} (control)", name, control=True) for name in controls),
    ]


def target_entries(targets: Any) -> list[Entry]:
    """The targets as they are spelled, once each; None is what each model says of each image itself.

    Raises:
        TargetError: there is none, or one stands for several.
    """
    listed = list(targets) if isinstance(targets, (list, tuple)) else [targets]
    if not listed:
        raise TargetError("an empty list names no target; leave targets out for each model's own choice.")
    if EVERYTHING in [target for target in listed if isinstance(target, str)]:
        raise TargetError(
            "'all' stands for any number of targets, and a column is about one; name them: object:0, dog."
        )
    spelled = {_target_label(target): target for target in listed}
    return [Entry(label, target) for label, target in spelled.items()]


def picture_of(entry: Entry) -> Any:
    """What is explained."""
    return entry.value.image if isinstance(entry.value, Sample) else entry.value


def truth_of(entry: Entry) -> Sample | None:
    """What is known of the image, where anything is."""
    return entry.value if isinstance(entry.value, Sample) else None


def _image_label(image: Any, number: int) -> str:
    if isinstance(image, Sample):
        return PurePath(image.name).stem
    return stem_of(source_of(image) or "") if source_of(image) else f"image {number}"


def _model_label(model: Any) -> str:
    if isinstance(model, VisionModel):
        return source_name(model.source)
    if isinstance(model, ModelHolder):
        return type(model.model).__name__
    return source_name(str(model)) if isinstance(model, (str, PathLike)) else type(model).__name__


def _method_label(method: MethodLike) -> str:
    """The canonical name, with the options that were set."""
    if isinstance(method, str):
        return method if method == "auto" else registry.canonical("explainers", method)
    if not isinstance(method, Explainer):
        return registry.name_of("explainers", method)
    default: Any = type(method)()
    values = {field.name: getattr(method, field.name) for field in fields(default)}
    told = ", ".join(f"{name}={value}" for name, value in values.items() if value != getattr(default, name))
    return f"{name_of(method)} ({told})" if told else name_of(method)


def _target_label(target: Any) -> str:
    if isinstance(target, np.ndarray):
        return "mask"
    return "" if target is None else short_name(target) if isinstance(target, str) else str(target)
