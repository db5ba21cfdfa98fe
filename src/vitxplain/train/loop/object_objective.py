"""ObjectObjective: objects with classes and boxes, by the loss of the detector's library."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import EvalPrediction

from vitxplain.assessment.objects.average_precision import average_precision
from vitxplain.assessment.objects.boxes import MOST, detected_boxes, true_boxes
from vitxplain.data.sample import Sample
from vitxplain.geometry import Geometry
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.tasks.base import TaskOutputs
from vitxplain.train.loop.dense_objective import DenseObjective
from vitxplain.train.loop.input_labels import boxes_on_input, masks_on_input
from vitxplain.train.loop.padding import Padded

NO_BOX = -100  # what the Trainer fills rows with


@dataclass(frozen=True, eq=False)
class ObjectObjective(DenseObjective):
    """Boxes are shares of the padded batch; of a model that heeds the mask (`masked`) shares of the image's part of it.

    DETR counts its positions within the mask, so there a padded image has the boxes that it has alone. `outlined`: the
    masks of objects are learnt with their boxes.
    """

    masked: bool = False
    outlined: bool = False

    figures: ClassVar[tuple[str, ...]] = ("map", "map50")

    def frames(self, geometries: Sequence[Geometry], parts: Sequence[ImagePart | None]) -> list[Geometry]:
        pairs = zip(geometries, parts, strict=True)
        return [part.of(geometry) if part and self.masked else geometry for geometry, part in pairs]

    def truth(self, samples: Sequence[Sample], geometries: Sequence[Geometry], batch: Padded) -> dict[str, Any]:
        height, width = batch.pixel_values.shape[-2:]
        labels = []
        for sample, geometry in zip(samples, geometries, strict=True):
            classes, boxes = boxes_on_input(sample, geometry)
            if not self.masked:
                rows, columns = geometry.input_size
                boxes = boxes * torch.tensor([columns / width, rows / height] * 2)
            masks = {"masks": masks_on_input(sample, geometry)} if self.outlined else {}
            labels.append({"class_labels": classes, "boxes": boxes, **masks})
        return {"labels": labels}

    def figures_of(
        self, outputs: TaskOutputs, samples: Sequence[Sample], geometries: Sequence[Geometry]
    ) -> list[Tensor]:
        """The boxes of each image, in as many rows for all."""
        detected = detected_boxes(self.task, outputs, geometries, self.labels)
        return [_filled(boxes, MOST) for boxes in detected]

    def labels_of(self, samples: Sequence[Sample]) -> Tensor:
        true = [true_boxes(sample, range(len(self.labels))) for sample in samples]
        return torch.stack([_filled(boxes, max(map(len, true))) for boxes in true])

    def metrics(self, outcome: EvalPrediction) -> dict[str, float]:
        boxes, losses = (np.asarray(one) for one in outcome.predictions)
        detected, true = ([_real(one) for one in part] for part in (boxes, np.asarray(outcome.label_ids)))
        precision = average_precision(detected, true, range(len(self.labels)))
        return {"loss": float(losses.mean()), "map": precision.map, "map50": precision.map50}


def _filled(rows: np.ndarray, count: int) -> Tensor:
    return pad(torch.from_numpy(rows), (0, 0, 0, count - len(rows)), value=NO_BOX)


def _real(rows: np.ndarray) -> np.ndarray:
    return rows[rows[:, 4] != NO_BOX]
