"""Samples in batches: TrainingFeed, EpochOrder, and the weights of classes.

Order and augmentation follow from (seed, epoch, index), so a resumed run is the same.
"""

import warnings
from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from vitxplain.data.readable import stand_in
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import ImageError
from vitxplain.train.config.options import Augmentation
from vitxplain.train.loop.augment import augment


class TrainingFeed(Dataset[Sample]):
    """A data set as training goes through it; `begin` turns to another epoch.

    For a damaged image the next good one stands in, and is named once; `damaged` marks such images, those that other
    processes load included. `dense`: objects and class maps are learnt, not the class of the image alone.
    """

    def __init__(self, data: DataSet, *, augment: Augmentation = "none", seed: int = 0, dense: bool = False) -> None:
        self.dense, self.all_epochs, self.data, self.augment, self.seed, self.epoch = (
            dense,
            data,
            data,
            augment,
            seed,
            0,
        )
        self.damaged = torch.zeros(len(data), dtype=torch.bool).share_memory_()

    def begin(self, epoch: int, progress: float) -> None:
        """Give the samples of this epoch from now on; `progress` is the share of the training done, in [0, 1]."""
        self.epoch, self.data = epoch, self.all_epochs.during(epoch, progress)

    def __len__(self) -> int:
        return len(self.all_epochs)

    def __getitem__(self, index: int) -> Sample:
        sample = stand_in(self.data, index, self._skip)
        if not self.dense:
            sample = replace(sample, mask=None, boxes=None, objects=None, class_map=None)
        return augment(sample, self.augment, (self.seed, self.epoch, index))

    def _skip(self, index: int, error: ImageError) -> None:
        if not self.damaged[index]:
            self.damaged[index] = True
            warnings.warn(f"{error} It is skipped.", stacklevel=2)


class EpochOrder(Sampler[int]):
    """Every index once, shuffled for each epoch; in rising order for data that shuffle themselves as they are read."""

    def __init__(self, feed: TrainingFeed) -> None:
        self.feed = feed

    def __len__(self) -> int:
        return len(self.feed)

    def __iter__(self) -> Iterator[int]:
        if self.feed.data.in_order:
            return iter(range(len(self.feed)))
        generator = torch.Generator().manual_seed(self.feed.seed * 1_000_003 + self.feed.epoch)
        return iter(torch.randperm(len(self.feed), generator=generator).tolist())


def balanced_class_weights(data: DataSet) -> Float[Tensor, " label"]:
    """Weights with which all classes count alike in total; their mean over images is 1. Reads every image once."""
    labels = torch.tensor([sample.label for sample in data])
    counts = torch.bincount(labels, minlength=len(data.labels)).clamp(min=1)
    return len(labels) / (len(data.labels) * counts.double())
