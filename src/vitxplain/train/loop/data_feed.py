"""From samples to batches: order and augmentation follow from (seed, epoch, index), so a resumed run is the same."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from vitxplain.data.readable import stand_in
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import ImageError
from vitxplain.models.processors.processor import Processor
from vitxplain.train.config.options import Augmentation
from vitxplain.train.loop.augment import augment_image


class TrainingFeed(Dataset[Sample]):
    """A data set as training goes through it; `begin` turns to another epoch.

    For a damaged image the next good one stands in, and is named once; `damaged` says which, also what the processes
    that load images have found.
    """

    def __init__(self, data: DataSet, *, augment: Augmentation = "none", seed: int = 0) -> None:
        self._whole, self.data, self.augment, self.seed, self.epoch = data, data, augment, seed, 0
        self.damaged = torch.zeros(len(data), dtype=torch.bool).share_memory_()

    def begin(self, epoch: int, progress: float) -> None:
        """Every sample is that of this epoch from now on, `progress` of the training being done ([0, 1])."""
        self.epoch, self.data = epoch, self._whole.during(epoch, progress)

    def __len__(self) -> int:
        return len(self._whole)

    def __getitem__(self, index: int) -> Sample:
        sample = stand_in(self.data, index, self._skipped)
        image = augment_image(sample.image, self.augment, (self.seed, self.epoch, index))
        return replace(sample, image=image)

    def _skipped(self, index: int, error: ImageError) -> None:
        if not self.damaged[index]:
            self.damaged[index] = True
            warnings.warn(f"{error} It is skipped.", stacklevel=2)


class EpochOrder(Sampler[int]):
    """Every index once, in an order of the epoch's own; rising where data are read in order and shuffle themselves."""

    def __init__(self, feed: TrainingFeed) -> None:
        self.feed = feed

    def __len__(self) -> int:
        return len(self.feed)

    def __iter__(self) -> Iterator[int]:
        if self.feed.data.in_order:
            return iter(range(len(self.feed)))
        chance = torch.Generator().manual_seed(self.feed.seed * 1_000_003 + self.feed.epoch)
        return iter(torch.randperm(len(self.feed), generator=chance).tolist())


@dataclass(frozen=True)
class Collate:
    """Samples to what the network takes."""

    processor: Processor

    def __call__(self, samples: Sequence[Sample]) -> dict[str, Tensor]:
        pixel_values = self.processor([sample.image for sample in samples])
        return {"pixel_values": pixel_values, "labels": torch.tensor([sample.label for sample in samples])}


def balanced(data: DataSet) -> Float[Tensor, " label"]:
    """Each class counts as much as any other in total; the mean over images is 1. Reads every image once."""
    labels = torch.tensor([sample.label for sample in data])
    counts = torch.bincount(labels, minlength=len(data.labels)).clamp(min=1)
    return len(labels) / (len(data.labels) * counts.double())
