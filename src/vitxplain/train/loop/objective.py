"""Objective: what a training makes of a batch, and of an evaluation."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn
from transformers import EvalPrediction

from vitxplain.data.sample import Sample


class Objective(ABC):
    """The batches, the loss and the figures of a task.

    Attributes:
        figures: names of the figures of an evaluation beside its loss; the best weights are chosen by the first.
    """

    figures: ClassVar[tuple[str, ...]]

    @abstractmethod
    def collate(self, samples: Sequence[Sample]) -> dict[str, Any]:
        """The input of the network, and what is true, of samples that are trained on."""

    def collate_evaluation(self, samples: Sequence[Sample]) -> dict[str, Any]:
        """The same of samples that are evaluated; its first entry is a tensor with an entry an image."""
        return self.collate(samples)

    @abstractmethod
    def loss(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, Tensor | None]:
        """The mean loss, and, where an image is right or wrong, how many are right."""

    @abstractmethod
    def predict(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Any, Tensor]:
        """What an evaluation needs of a batch: tensors with an entry an image (or a tuple of them), and the truth."""

    @abstractmethod
    def metrics(self, outcome: EvalPrediction) -> dict[str, float]:
        """The loss and the figures of an evaluation, from what `predict` gave of all batches."""
