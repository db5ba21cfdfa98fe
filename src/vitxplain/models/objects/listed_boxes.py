"""torchvision's detectors as others are: their lists of boxes as queries with logits, in one tensor a batch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vitxplain.types import PixelValues

_NONE: Final = -30.0  # the logit of a class that a box is not of: a probability of 1e-13
_THRESHOLD: Final = "score_thresh"  # what all of them call it


class ListedBoxes(nn.Module):
    """A detector that returns boxes, labels and scores of each image, as one with a query for each box.

    The logit of a box's class is that of the score it came with, which the network's features make: what was kept by
    non-maximum suppression, which itself is no function that could be differentiated. The rest of the network's own
    threshold is asked for too, so that there are boxes in any image; those above it are the same (a box of less score
    never suppresses one of more).

    Its classes count from the label `first`: 1 where label 0, the background that no box has, is no class.
    """

    def __init__(self, detector: nn.Module, first: int = 0) -> None:
        super().__init__()
        self.detector, self.first = detector, first
        self.training = detector.training  # its parts may differ, and stay as they are

    def forward(self, pixel_values: PixelValues) -> dict[str, Tensor]:
        with _from_any_score(self.detector):
            images = self.detector(list(pixel_values))
        height, width = pixel_values.shape[-2:]
        queries = max(1, *(len(image["scores"]) for image in images))
        labels = num_classes(self.detector)
        rows = [_row(image, queries, labels, (height, width)) for image in images]
        logits = torch.stack([row[0] for row in rows])[..., self.first :]
        return {"logits": logits, "pred_boxes": torch.stack([row[1] for row in rows])}

    @property
    def num_classes(self) -> int:
        return num_classes(self.detector) - self.first


def is_listed_detector(module: nn.Module) -> bool:
    """Whether it is one of torchvision's detectors: told by its module, and by the threshold they all have."""
    ours = any(base.__module__.startswith("torchvision.models.detection") for base in type(module).__mro__)
    return ours and hasattr(_holder(module), _THRESHOLD) and num_classes(module) > 0


def own_threshold(module: nn.Module) -> float:
    """From which score on the detector itself gives boxes."""
    return float(getattr(_holder(module), _THRESHOLD))


def num_classes(module: nn.Module) -> int:
    """How many labels its boxes may have, background (0) included."""
    for part in module.modules():
        classes = getattr(part, "num_classes", None)
        if isinstance(classes, int):
            return classes
        if isinstance(score := getattr(part, "cls_score", None), nn.Linear):
            return score.out_features
    columns = getattr(getattr(getattr(module, "head", None), "classification_head", None), "num_columns", 0)
    return columns if isinstance(columns, int) else 0  # SSD


def _holder(module: nn.Module) -> Any:
    """The part that has the threshold: the network itself, or the heads of its second stage."""
    return getattr(module, "roi_heads", module)


@contextmanager
def _from_any_score(module: nn.Module) -> Iterator[None]:
    holder, threshold = _holder(module), own_threshold(module)
    setattr(holder, _THRESHOLD, 0.0)
    try:
        yield
    finally:
        setattr(holder, _THRESHOLD, threshold)


def _row(
    image: Mapping[str, Tensor], queries: int, classes: int, size: tuple[int, int]
) -> tuple[Float[Tensor, "query label"], Float[Tensor, "query 4"]]:
    """One image's boxes as queries; what is missing to so many has no class."""
    scores, labels, boxes = image["scores"], image["labels"], image["boxes"]
    count, (height, width) = len(scores), size
    own = torch.nn.functional.one_hot(labels, classes).bool()
    logits = torch.where(own, scores.logit(eps=1e-7)[:, None], scores.new_full((count, classes), _NONE))
    logits = torch.cat([logits, scores.new_full((queries - count, classes), _NONE)])
    left, top, right, bottom = (boxes / boxes.new_tensor([width, height, width, height])).unbind(1)
    centres = torch.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], 1)
    return logits, torch.cat([centres, boxes.new_zeros(queries - count, 4)])
