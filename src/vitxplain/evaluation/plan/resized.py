"""Images and masks at one size, whatever their proportions, and models that see all of them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class ResizedDataSet(DataSet):
    """The samples of `data` at `side` x `side` pixels: images bilinearly, masks by the nearest pixel."""

    data: DataSet
    side: int

    name: str
    split: Split
    labels: tuple[str, ...]
    has_masks: bool
    notes: tuple[str, ...]
    strict: bool
    in_order: bool

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Sample:
        sample, size = self.data[index], (self.side, self.side)
        has_mask = sample.mask is not None or sample.boxes is not None
        mask = Image.fromarray(sample.object_mask()).resize(size, Image.Resampling.NEAREST) if has_mask else None
        return replace(
            sample,
            image=sample.image.resize(size, Image.Resampling.BILINEAR),
            mask=None if mask is None else np.asarray(mask, bool),
            boxes=None,
            objects=None,
            class_map=None,
        )


def resized(data: DataSet, side: int) -> ResizedDataSet:
    """A set at this size."""
    fields: dict[str, Any] = {
        name: getattr(data, name) for name in ("name", "split", "labels", "has_masks", "notes", "strict", "in_order")
    }
    return ResizedDataSet(data, side, **fields)


def whole_image(model: VisionModel) -> VisionModel:
    """The model behind a processor that resizes and crops nothing away, scaled as its own scales."""
    return model.changed(processor=Pixels.measured(model.processor).processor("ours"))
