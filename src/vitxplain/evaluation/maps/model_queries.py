"""ModelQueries: what metrics ask of the model behind a map, and its copies with randomised weights."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Bool, Float
from PIL import Image

from vitxplain.api import explain
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.evaluation.regions.match import is_there_still
from vitxplain.explainers.base import Explainer
from vitxplain.metrics.base import Heat, Subject
from vitxplain.metrics.cascade import cascade
from vitxplain.models.probing.observe import noise
from vitxplain.models.processors.batches import BATCH_SIZE, batches
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import Target, TargetLike, TaskOutputs
from vitxplain.tasks.detected import Detected
from vitxplain.tasks.finder import Finder
from vitxplain.tasks.leaves import in_fp32, joined
from vitxplain.tasks.targets.per_image import batch_size, row


@runtime_checkable
class OfDetected(Protocol):
    """A target that is one of the things a model found."""

    @property
    def detected(self) -> Detected: ...


@dataclass(frozen=True, eq=False)
class ModelQueries(Subject):
    """A model asked about a target; `heat` makes the maps of images with a model."""

    model: VisionModel
    target: Target
    heat: Callable[[VisionModel, Sequence[Image.Image]], list[Heat]]

    def probabilities(self, images: Sequence[Image.Image]) -> Float[np.ndarray, " image"]:
        return self.presence(self._outputs(images))

    def keeps_class(self, images: Sequence[Image.Image]) -> Bool[np.ndarray, " image"]:
        return self.kept(self._outputs(images), (images[0].height, images[0].width))

    def presence(self, outputs: TaskOutputs) -> Float[np.ndarray, " image"]:
        """`probabilities`, of what the model gave for the images."""
        return self.target.presence(self.model.task.probabilities(outputs)).numpy()

    def kept(self, outputs: TaskOutputs, size: tuple[int, int]) -> Bool[np.ndarray, " image"]:
        """`keeps_class`, of what the model gave for images of this (height, width)."""
        task, count = self.model.task, batch_size(outputs)
        if isinstance(task, Finder) and isinstance(self.target, OfDetected):
            processor = self.model.processor
            geometry = self.model.on_part(processor.image_part(size)).frame(processor.geometry(size))
            still_there = []
            for index in range(count):
                detections = task.find(row(outputs, index), geometry, self.model.labels)
                still_there.append(is_there_still(self.target.detected, detections))
            return np.array(still_there)
        target, top = self.target.fixed(outputs), task.target(None, self.model.labels).fixed(outputs)
        return np.array([target.select([index]) == top.select([index]) for index in range(count)])

    def explain(self, images: Sequence[Image.Image]) -> list[Heat]:
        return self.heat(self.model, images)

    def randomised(self, image: Image.Image, stages: int, seed: int) -> list[Heat]:
        return [self.heat(copy, [image])[0] for copy in randomised_models(self.model, stages, seed)]

    def _outputs(self, images: Sequence[Image.Image]) -> TaskOutputs:
        return joined([outputs for _, outputs in outputs_of(self.model, images)])


def outputs_of(model: VisionModel, images: Sequence[Image.Image]) -> Iterator[tuple[list[int], TaskOutputs]]:
    """What the model gives for images, in batches of one input size: their places, and the outputs on the CPU."""
    for batch in batches(model.processor, list(images), BATCH_SIZE):
        with torch.inference_mode():
            outputs = in_fp32(model.on_part(batch.part).outputs(batch.pixel_values))
            yield batch.positions, {role: tensor.cpu() for role, tensor in outputs.items()}


def method_queries(model: VisionModel, target: TargetLike, explainer: Explainer) -> ModelQueries:
    """About a method's map."""

    def heat(model: VisionModel, images: Sequence[Image.Image]) -> list[Heat]:
        explanations = explain(model, list(images), explainer, target=target)
        return [explanation.heatmap() for explanation in explanations]

    return ModelQueries(model, model.task.target(target, model.labels), heat)


def control_queries(model: VisionModel, target: TargetLike, make: Callable[[Image.Image], Heat]) -> ModelQueries:
    """About a control's map, which is the same whatever the model is."""
    return ModelQueries(
        model, model.task.target(target, model.labels), lambda _, images: [make(image) for image in images]
    )


def stored_map_queries(model: VisionModel, target: TargetLike) -> ModelQueries:
    """About a stored map, which nothing makes again: metrics that need the method leave it out."""

    def heat(_: VisionModel, images: Sequence[Image.Image]) -> list[Heat]:
        raise TypeError(f"{len(images)} images cannot be explained by maps that are stored")

    return ModelQueries(model, model.task.target(target, model.labels), heat)


_randomised_copies: WeakKeyDictionary[VisionModel, tuple[tuple[int, int], list[VisionModel]]] = WeakKeyDictionary()


def randomised_models(model: VisionModel, stages: int, seed: int) -> list[VisionModel]:
    """Copies of the model, each with more of its layers randomised; the last with all.

    Every map of an evaluation asks for the same ones, so those of the latest model are kept as long as it lives.
    """
    kept = _randomised_copies.get(model)
    if kept is None or kept[0] != (stages, seed):
        _randomised_copies.clear()
        copies = cascade(model.module, lambda copy: _pass(model.changed(module=copy)), stages, seed)
        kept = _randomised_copies[model] = (stages, seed), [model.changed(module=copy) for copy in copies]
    return kept[1]


def _pass(model: VisionModel) -> None:
    with undisturbed(model.module), torch.inference_mode():
        model.outputs(noise(model, model.processor.input_size))
