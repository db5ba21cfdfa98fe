"""What metrics may ask: of a model with a method, and of a control, which asks the model for probabilities only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Bool, Float
from PIL import Image
from torch import Tensor

from vitxplain.api import explain
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.explainers.base import Explainer
from vitxplain.metrics.base import Heat, Subject
from vitxplain.metrics.cascade import cascade
from vitxplain.models.probing.observe import noise
from vitxplain.models.processors.batches import BATCH_SIZE, batches
from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class ModelQueries(Subject):
    """A model asked about one class; `heat` makes the map of an image."""

    model: VisionModel
    target: int
    heat: Callable[[VisionModel, Sequence[Image.Image]], list[Heat]]

    def probabilities(self, images: Sequence[Image.Image]) -> Float[np.ndarray, " image"]:
        return self.model.probabilities(self._logits(images))[:, self.target].numpy()

    def keeps_class(self, images: Sequence[Image.Image]) -> Bool[np.ndarray, " image"]:
        return (self._logits(images).argmax(-1) == self.target).numpy()

    def explain(self, images: Sequence[Image.Image]) -> list[Heat]:
        return self.heat(self.model, images)

    def randomised(self, image: Image.Image, stages: int, seed: int) -> list[Heat]:
        return [self.heat(copy, [image])[0] for copy in randomised_models(self.model, stages, seed)]

    def _logits(self, images: Sequence[Image.Image]) -> Tensor:
        parts = []
        for batch in batches(self.model.processor, list(images), BATCH_SIZE):
            with torch.inference_mode():
                parts.append(self.model.logits(batch.pixel_values).float().cpu())
        return torch.cat(parts)


def by_method(model: VisionModel, target: int, explainer: Explainer) -> ModelQueries:
    """The subject of a method's map."""

    def heat(asked: VisionModel, images: Sequence[Image.Image]) -> list[Heat]:
        return [one.heatmap() for one in explain(asked, list(images), explainer, target=target)]

    return ModelQueries(model, target, heat)


def by_control(model: VisionModel, target: int, make: Callable[[Image.Image], Heat]) -> ModelQueries:
    """The subject of a control's map, whatever the model is."""
    return ModelQueries(model, target, lambda _, images: [make(image) for image in images])


def by_files(model: VisionModel, target: int) -> ModelQueries:
    """The subject of a stored map, which nothing makes again: metrics that need the method leave it out."""

    def heat(_: VisionModel, images: Sequence[Image.Image]) -> list[Heat]:
        raise TypeError(f"{len(images)} images cannot be explained by maps that are stored")

    return ModelQueries(model, target, heat)


_kept: WeakKeyDictionary[VisionModel, tuple[tuple[int, int], list[VisionModel]]] = WeakKeyDictionary()


def randomised_models(model: VisionModel, stages: int, seed: int) -> list[VisionModel]:
    """Copies of the model, each with more of its layers randomised; the last with all.

    Every map of an evaluation asks for the same ones, so those of the latest model are kept as long as it lives.
    """
    found = _kept.get(model)
    if found is None or found[0] != (stages, seed):
        _kept.clear()
        copies = cascade(model.module, lambda copy: _pass(replace(model, module=copy)), stages, seed)
        found = _kept[model] = (stages, seed), [model.changed(module=copy) for copy in copies]
    return found[1]


def _pass(model: VisionModel) -> None:
    with undisturbed(model.module), torch.inference_mode():
        model.logits(noise(model, model.processor.input_size))
