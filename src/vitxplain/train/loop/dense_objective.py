"""DenseObjective: what detectors and segmenters have in common: inputs of several sizes, and the library's own loss."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from vitxplain.data.sample import Sample
from vitxplain.geometry import Geometry
from vitxplain.models.processors.processor import Processor
from vitxplain.tasks.base import Task, TaskOutputs
from vitxplain.tasks.leaves import detached
from vitxplain.train.loop.objective import Objective
from vitxplain.train.loop.padding import Padded, Pixels, inputs_of, of_one_size, padded

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

    def collate(self, samples: Sequence[Sample]) -> dict[str, Any]:
        if self.in_pairs and len(samples) == 1:
            samples = [*samples, *samples]
        inputs, geometries = inputs_of(self.processor, [sample.image for sample in samples])
        return self._batch(inputs, samples, geometries)

    def collate_evaluation(self, samples: Sequence[Sample]) -> dict[str, Any]:
        inputs, geometries = inputs_of(self.processor, [sample.image for sample in samples])
        groups = [
            (positions, self._batch(_at(positions, inputs), _at(positions, samples), _at(positions, geometries)))
            for positions in of_one_size(inputs)
        ]
        return {"index": torch.arange(len(samples)), "groups": groups, "samples": samples, "geometries": geometries}

    def loss(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, Tensor | None]:
        return network(**batch).loss, None

    def predict(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Any, Tensor]:
        samples, geometries = batch["samples"], batch["geometries"]
        losses = torch.zeros(len(samples), dtype=torch.float64)
        figures: list[Tensor] = [losses] * len(samples)
        for positions, group in batch["groups"]:
            raw = network(**group)
            losses[positions] = raw.loss.double().cpu()
            outputs = detached(self.task.outputs(raw))
            of_group = self.figures_of(outputs, _at(positions, samples), _at(positions, geometries))
            for position, figure in zip(positions, of_group, strict=True):
                figures[position] = figure
        device = batch["index"].device
        return (torch.stack(figures).to(device), losses.to(device)), self.labels_of(samples).to(device)

    def _batch(
        self, inputs: Sequence[Pixels], samples: Sequence[Sample], geometries: Sequence[Geometry]
    ) -> dict[str, Any]:
        batch = padded(inputs)
        mask = {"pixel_mask": batch.mask} if batch.mask is not None and self.takes_mask else {}
        return {"pixel_values": batch.pixel_values, **mask, **self.truth(samples, geometries, batch)}


def _at(positions: Sequence[int], items: Sequence[T]) -> list[T]:
    return [items[position] for position in positions]
