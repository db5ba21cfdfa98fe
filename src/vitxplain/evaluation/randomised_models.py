"""Models whose learned weights are destroyed layer by layer, ready to be explained."""

from dataclasses import replace
from weakref import WeakKeyDictionary

import torch

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.metrics.cascade import cascade
from vitxplain.models.observe import noise
from vitxplain.models.vision_model import VisionModel

_kept: WeakKeyDictionary[VisionModel, tuple[tuple[int, int], list[VisionModel]]] = WeakKeyDictionary()


def randomised_models(model: VisionModel, stages: int, seed: int) -> list[VisionModel]:
    """Copies of the model, each with more of its layers randomised; the last with all.

    Every map of an evaluation asks for the same ones, so those of the latest model are kept as long as it lives.
    """
    found = _kept.get(model)
    if found is None or found[0] != (stages, seed):
        _kept.clear()
        copies = cascade(model.module, lambda copy: _pass(replace(model, module=copy)), stages, seed)
        found = _kept[model] = (stages, seed), [replace(model, module=copy, _probes={}) for copy in copies]
    return found[1]


def _pass(model: VisionModel) -> None:
    with undisturbed(model.module), torch.inference_mode():
        model.logits(noise(model, model.processor.input_size))
