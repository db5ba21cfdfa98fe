"""Which class each image is explained for, and what the model gives it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import torch

from vitxplain.data.sample import Sample
from vitxplain.evaluation.regions.map_request import MapRequest, plain_request
from vitxplain.models.processors.batches import batches
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import TaskOutputs

GOOD: Final = "good"  # the class of images on which nothing is, in `defects` and in folders of images and masks


def class_requests(
    model: VisionModel, samples: Sequence[Sample], *, positive: bool = False, spelled: str | None = None
) -> list[MapRequest]:
    """About the top class of each image, or the class `spelled`; `positive`: of those that are not called "good"."""
    images, requests = [sample.image for sample in samples], dict[int, MapRequest]()
    left_out = [index for index, name in model.labels.items() if positive and name == GOOD]
    top, asked_for = model.task.target(None, model.labels), model.task.target(spelled, model.labels)
    for batch in batches(model.processor, images, len(images)):
        with torch.inference_mode():
            outputs = model.outputs(batch.pixel_values)
            probabilities = {role: tensor.cpu() for role, tensor in model.task.probabilities(outputs).items()}
            target = asked_for.fixed(_without(outputs, left_out))
            descriptions = target.describe(outputs, probabilities, model.labels, model.task.unit)
            tops = top.describe(outputs, probabilities, model.labels, model.task.unit)
        for row, position in enumerate(batch.positions):
            requests[position] = replace(
                plain_request(samples[position]),
                target=target.select([row]),
                description=descriptions[row],
                top=tops[row],
            )
    return [requests[position] for position in range(len(images))]


def _without(outputs: TaskOutputs, labels: Sequence[int]) -> TaskOutputs:
    """The outputs in which these labels are never the highest."""
    return {
        role: tensor.index_fill(-1, torch.tensor(labels, dtype=torch.long, device=tensor.device), -torch.inf)
        for role, tensor in outputs.items()
    }
