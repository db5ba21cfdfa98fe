"""DenseObjective: what detectors and segmenters have in common: inputs of several sizes, and the library's own loss."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from vitxplain.data.sample import Sample
from vitxplain.geometry import Geometry
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.models.processors.processor import Processor
from vitxplain.tasks.base import Task, TaskOutputs
from vitxplain.tasks.leaves import detached
from vitxplain.train.loop.objective import Objective
from vitxplain.train.loop.padding import Padded, Pixels, inputs_of, of_one_size, padded, parts_of

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class DenseObjective(Objective):
    """Training batches are padded to one size, with a pixel_mask where the model takes one.

    Evaluation runs images of one size together and pads none, exactly as the model is tested and explained. `in_pairs`:
    an image that is alone in a training batch is given twice, which changes no mean but lets layers learn that
    normalise over the batch.
    """

    processor: Processor
    task: Task
    labels: Mapping[int, str] = field(repr=False)
    takes_mask: bool
    in_pairs: bool

    @abstractmethod
    def truth(self, samples: Sequence[Sample], geometries: Sequence[Geometry], batch: Padded) -> dict[str, Any]:
        """Keyword arguments of the network: what is true of a batch, as the model's library takes it."""

    @abstractmethod
    def figures_of(
        self, outputs: TaskOutputs, samples: Sequence[Sample], geometries: Sequence[Geometry]
    ) -> list[Tensor]:
        """What the figures need of each image, of what the model found."""

    @abstractmethod
    def labels_of(self, samples: Sequence[Sample]) -> Tensor:
        """What the figures need of each image, of what is true."""

    def frames(self, geometries: Sequence[Geometry], parts: Sequence[ImagePart | None]) -> list[Geometry]:
        """Of each image the box that what is true of it is in shares of; `parts` are those of its input it fills."""
        return list(geometries)

    def collate(self, samples: Sequence[Sample]) -> dict[str, Any]:
        if self.in_pairs and len(samples) == 1:
            samples = [*samples, *samples]
        inputs, frames, parts = self._inputs(samples)
        return self._batch(inputs, samples, frames, parts)

    def collate_evaluation(self, samples: Sequence[Sample]) -> dict[str, Any]:
        inputs, frames, parts = self._inputs(samples)
        groups = [
            (p, self._batch(_at(p, inputs), _at(p, samples), _at(p, frames), _at(p, parts)))
            for p in of_one_size(inputs)
        ]
        return {"index": torch.arange(len(samples)), "groups": groups, "samples": samples, "frames": frames}

    def loss(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, Tensor | None]:
        loss = network(**batch).loss
        return loss.reshape(()), None  # a few libraries leave it an axis of one

    def predict(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Any, Tensor]:
        samples, frames = batch["samples"], batch["frames"]
        losses = torch.zeros(len(samples), dtype=torch.float64)
        figures: list[Tensor] = [losses] * len(samples)
        for positions, group in batch["groups"]:
            raw = network(**group)
            losses[positions] = raw.loss.double().cpu()
            outputs = detached(self.task.outputs(raw))
            of_group = self.figures_of(outputs, _at(positions, samples), _at(positions, frames))
            for position, figure in zip(positions, of_group, strict=True):
                figures[position] = figure
        device = batch["index"].device
        return (torch.stack(figures).to(device), losses.to(device)), self.labels_of(samples).to(device)

    def _inputs(self, samples: Sequence[Sample]) -> tuple[list[Pixels], list[Geometry], list[ImagePart | None]]:
        images = [sample.image for sample in samples]
        inputs, geometries = inputs_of(self.processor, images)
        parts = parts_of(self.processor, images)
        return inputs, self.frames(geometries, parts), parts

    def _batch(
        self,
        inputs: Sequence[Pixels],
        samples: Sequence[Sample],
        frames: Sequence[Geometry],
        parts: Sequence[ImagePart | None],
    ) -> dict[str, Any]:
        batch = padded(inputs, parts)
        mask = {"pixel_mask": batch.mask} if batch.mask is not None and self.takes_mask else {}
        return {"pixel_values": batch.pixel_values, **mask, **self.truth(samples, frames, batch)}


def _at(positions: Sequence[int], items: Sequence[T]) -> list[T]:
    return [items[position] for position in positions]
