"""ClassObjective: one class an image, by cross-entropy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import EvalPrediction

from vitxplain.data.sample import Sample
from vitxplain.models.processors.processor import Processor
from vitxplain.train.loop.objective import Objective


@dataclass(frozen=True, eq=False)
class ClassObjective(Objective):
    """The loss is the mean over a batch, whatever the model could compute itself."""

    processor: Processor
    class_weights: Tensor | None = None
    label_smoothing: float = 0.0

    figures: ClassVar[tuple[str, ...]] = ("accuracy",)

    def collate(self, samples: Sequence[Sample]) -> dict[str, Any]:
        pixel_values = self.processor([sample.image for sample in samples])
        return {"pixel_values": pixel_values, "labels": torch.tensor([sample.label for sample in samples])}

    def loss(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, Tensor | None]:
        labels, logits = batch["labels"], network(pixel_values=batch["pixel_values"]).logits.float()
        weight = None if self.class_weights is None else self.class_weights.to(logits)
        right = (logits.detach().argmax(-1) == labels).sum()
        return cross_entropy(logits, labels, weight=weight, label_smoothing=self.label_smoothing), right

    def predict(self, network: nn.Module, batch: dict[str, Any]) -> tuple[Any, Tensor]:
        return network(pixel_values=batch["pixel_values"]).logits.float(), batch["labels"]

    def metrics(self, outcome: EvalPrediction) -> dict[str, float]:
        """Mean cross-entropy over all images, and the share that is classified right."""
        logits = torch.from_numpy(np.asarray(outcome.predictions))
        labels = torch.from_numpy(np.asarray(outcome.label_ids))
        return {
            "loss": cross_entropy(logits.double(), labels).item(),
            "accuracy": (logits.argmax(-1) == labels).double().mean().item(),
        }
