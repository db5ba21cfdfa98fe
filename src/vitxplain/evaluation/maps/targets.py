"""Which class each image is explained for, and what the model gives it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch

from vitxplain.data.sample import Sample
from vitxplain.models.processors.batches import batches
from vitxplain.models.vision_model import VisionModel

GOOD: Final = "good"  # the class of images on which nothing is, in `defects` and in folders of images and masks


class ExplainedClass(NamedTuple):
    """A class by its index, its probability, and the most probable class of all."""

    target: int
    probability: float
    top: int


def targets_of(model: VisionModel, samples: Sequence[Sample], *, positive: bool = False) -> list[ExplainedClass]:
    """The top class of each image; `positive`: of the classes that are not called "good"."""
    images, explained_classes = [sample.image for sample in samples], dict[int, ExplainedClass]()
    left_out = [index for index, name in model.labels.items() if positive and name == GOOD]
    for batch in batches(model.processor, images, len(images)):
        with torch.inference_mode():
            logits = model.logits(batch.pixel_values)
            probabilities = model.probabilities(logits).cpu()
            allowed = logits.index_fill(-1, torch.tensor(left_out, dtype=torch.long, device=logits.device), -torch.inf)
            targets, tops = allowed.argmax(-1).tolist(), logits.argmax(-1).tolist()
        for row, position in enumerate(batch.positions):
            probability = float(probabilities[row, targets[row]])
            explained_classes[position] = ExplainedClass(targets[row], probability, tops[row])
    return [explained_classes[position] for position in range(len(images))]
