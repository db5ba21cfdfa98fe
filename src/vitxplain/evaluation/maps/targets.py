"""Which class each image is explained for, and what the model gives it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch

from vitxplain.data.sample import Sample
from vitxplain.models.processors.batches import batches
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import ExplainedTarget, Target, TaskOutputs

GOOD: Final = "good"  # the class of images on which nothing is, in `defects` and in folders of images and masks


class ExplainedClass(NamedTuple):
    """What is explained of one image: the target, what is stored of it, and the most probable class of all."""

    target: Target
    description: ExplainedTarget
    top: ExplainedTarget


def targets_of(model: VisionModel, samples: Sequence[Sample], *, positive: bool = False) -> list[ExplainedClass]:
    """The top class of each image; `positive`: of the classes that are not called "good"."""
    images, explained_classes = [sample.image for sample in samples], dict[int, ExplainedClass]()
    left_out = [index for index, name in model.labels.items() if positive and name == GOOD]
    top = model.task.target(None, model.labels)
    for batch in batches(model.processor, images, len(images)):
        with torch.inference_mode():
            outputs = model.outputs(batch.pixel_values)
            probabilities = {role: tensor.cpu() for role, tensor in model.task.probabilities(outputs).items()}
            target = top.fixed(_without(outputs, left_out))
            descriptions = target.describe(outputs, probabilities, model.labels, model.task.unit)
            tops = top.describe(outputs, probabilities, model.labels, model.task.unit)
        for row, position in enumerate(batch.positions):
            explained_classes[position] = ExplainedClass(target.select([row]), descriptions[row], tops[row])
    return [explained_classes[position] for position in range(len(images))]


def _without(outputs: TaskOutputs, labels: Sequence[int]) -> TaskOutputs:
    """The outputs in which these labels are never the highest."""
    return {
        role: tensor.index_fill(-1, torch.tensor(labels, dtype=torch.long, device=tensor.device), -torch.inf)
        for role, tensor in outputs.items()
    }
