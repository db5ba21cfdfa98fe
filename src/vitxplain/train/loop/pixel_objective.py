"""PixelObjective: a class for each pixel, by the loss of the segmenter's library."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from transformers import EvalPrediction

from vitxplain.assessment.pixels.class_maps import predicted_classes
from vitxplain.assessment.pixels.overlap import Overlap, pixel_counts
from vitxplain.data.sample import UNLABELLED, ClassMap, Sample
from vitxplain.errors import DataError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import TaskOutputs
from vitxplain.train.loop.dense_objective import DenseObjective
from vitxplain.train.loop.input_labels import boxes_round, map_on_input
from vitxplain.train.loop.object_texts import ObjectTexts
from vitxplain.train.loop.padding import Padded, padded_maps
from vitxplain.train.network.open_dense import TrueForm


@dataclass(frozen=True, eq=False)
class PixelObjective(DenseObjective):
    """A segmenter by masks learns one mask a class that an image holds; any other the class of each pixel.

    `unlabelled` is the number by which the model's loss leaves pixels out. A loss of masks has none: there such pixels
    are outside of every mask. `masked` is that of `ObjectObjective`. `texts` go with the masks of
    models that learn from texts.
    """

    form: TrueForm = "map"
    unlabelled: int = UNLABELLED
    masked: bool = False
    texts: ObjectTexts | None = None

    figures: ClassVar[tuple[str, ...]] = ("miou", "pixel_accuracy")

    def truth(self, samples: Sequence[Sample], geometries: Sequence[Geometry], batch: Padded) -> dict[str, Any]:
        maps = [map_on_input(map_of(sample), geometry) for sample, geometry in zip(samples, geometries, strict=True)]
        together = padded_maps(maps, UNLABELLED)
        if self.form == "map":
            return {"labels": together.where(together != UNLABELLED, self.unlabelled)}
        classes = [one[one != UNLABELLED].unique() for one in together]
        masks = [(one == own[:, None, None]).float() for one, own in zip(together, classes, strict=True)]
        if self.form == "masks":
            texts = {} if self.texts is None else {"text_inputs": self.texts(classes, masks)}
            return {"mask_labels": masks, "class_labels": classes, **texts}
        whole = torch.ones_like(together)
        shown = batch.mask if batch.mask is not None and self.masked else whole  # boxes are shares of the image alone
        shares = [(int(one[:, 0].sum()), int(one[0].sum())) for one in shown]
        return {
            "labels": [
                {"class_labels": own, "masks": of_image, "boxes": boxes_round(of_image, *share)}
                for own, of_image, share in zip(classes, masks, shares, strict=True)
            ]
        }

    def figures_of(
        self, outputs: TaskOutputs, samples: Sequence[Sample], geometries: Sequence[Geometry]
    ) -> list[Tensor]:
        """Of each image the pixels of each class: right, true and predicted."""
        classes = tuple(range(len(self.labels)))
        predicted = predicted_classes(outputs, geometries)
        counts = [pixel_counts(one, map_of(sample), classes) for one, sample in zip(predicted, samples, strict=True)]
        return [torch.from_numpy(Overlap.of(one).counts) for one in counts]

    def labels_of(self, samples: Sequence[Sample]) -> Tensor:
        return torch.zeros(len(samples))  # what is true is counted already

    def metrics(self, outcome: EvalPrediction) -> dict[str, float]:
        counts, losses = (np.asarray(one) for one in outcome.predictions)
        overlap = Overlap(counts.sum(0))
        return {"loss": float(losses.mean()), "miou": overlap.miou, "pixel_accuracy": overlap.pixel_accuracy}


def map_of(sample: Sample) -> ClassMap:
    """Raises:
    DataError: the image has no map.
    """
    if sample.class_map is None:
        raise DataError(f"{sample.name} has no map of classes; give each image one, or leave it out.")
    return sample.class_map
