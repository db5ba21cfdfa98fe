"""torchvision's detectors called as those of transformers are, with what is true, for their loss."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers.utils.generic import ModelOutput

from vitxplain.models.objects.listed_boxes import ListedBoxes
from vitxplain.train.network.dense import DenseNetwork
from vitxplain.types import PixelValues

Truth = Mapping[str, Tensor]  # class_labels; boxes in shares of the image; masks where they are learnt


class ListedNetwork(DenseNetwork):
    """`network(pixel_values, pixel_mask, labels)` of a detector that lists boxes: its losses added up.

    The network takes images of several sizes, so those of a padded batch are cut out of it. A detector tells its losses
    in training alone, and what it finds in evaluation alone; where both are wanted it is asked twice, and its layers
    that learn from batches stay as evaluation has them.
    """

    network: ListedBoxes

    def forward(
        self,
        pixel_values: PixelValues,
        pixel_mask: Int[Tensor, "batch height width"] | None = None,
        labels: Sequence[Truth] | None = None,
        **_others: Any,
    ) -> Any:
        if labels is None:
            return self.network(pixel_values)
        masks = [None] * len(pixel_values) if pixel_mask is None else pixel_mask
        images = [_shown(pixels, mask) for pixels, mask in zip(pixel_values, masks, strict=True)]
        truths = [self._truth(image, truth) for image, truth in zip(images, labels, strict=True)]
        detector = self.network.detector
        if self.training:
            return ModelOutput(loss=sum(detector(images, truths).values()))
        with _telling_losses(detector, pixel_values.device), torch.no_grad():
            loss = sum(detector(images, truths).values())
        return ModelOutput(loss=loss, **self.network(pixel_values))

    def _truth(self, image: Float[Tensor, "channel height width"], truth: Truth) -> dict[str, Tensor]:
        """As torchvision takes it: edges in pixels, and classes after those that no data have."""
        height, width = image.shape[-2:]
        x, y, across, down = (truth["boxes"] * image.new_tensor([width, height, width, height])).unbind(1)
        boxes = torch.stack([x - across / 2, y - down / 2, x + across / 2, y + down / 2], 1)
        classes = truth["class_labels"] + self.network.first
        there = (boxes[:, 2:] > boxes[:, :2]).all(1)  # less than rounding is no box
        masks = {"masks": truth["masks"][there]} if "masks" in truth else {}
        return {"boxes": boxes[there], "labels": classes[there], **masks}


def learns_masks(network: nn.Module) -> bool:
    """Whether a detector of torchvision learns the outlines of objects, too."""
    heads: Any = getattr(getattr(network, "detector", None), "roi_heads", None)
    return heads is not None and bool(heads.has_mask())


def _shown(pixels: Float[Tensor, "channel height width"], mask: Tensor | None) -> Float[Tensor, "channel _ _"]:
    """An image without its padding, which is below and to the right."""
    return pixels if mask is None else pixels[:, : int(mask[:, 0].sum()), : int(mask[0].sum())]


@contextmanager
def _telling_losses(detector: nn.Module, device: torch.device) -> Iterator[None]:
    """Its own parts in training, its layers not; the anchors it draws are the same each time."""
    parts = [part for part in detector.modules() if type(part).__module__.startswith("torchvision.models.detection")]
    before = [part.training for part in parts]
    try:
        for part in parts:
            part.training = True
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(0)
            yield
    finally:
        for part, training in zip(parts, before, strict=True):
            part.training = training
