"""Gradient times activation before a normalisation is zero at every place: refused, not drawn."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vitxplain import explain, fitting, load_model
from vitxplain.errors import UnsupportedModelError
from vitxplain.models.vision_model import VisionModel


class Net(nn.Module):
    """A map, perhaps normalised place by place without a module of its own, its mean and a linear layer."""

    def __init__(self, *, normalised: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.normalised = normalised
        self.stem = nn.Conv2d(3, 8, 8, stride=8)
        self.head = nn.Linear(8, 3)

    def forward(self, images: Tensor) -> Tensor:
        values = self.stem(images).permute(0, 2, 3, 1)
        values = F.layer_norm(values - values.mean(-1, keepdim=True), (8,), eps=1e-12) if self.normalised else values
        return self.head(values.relu().mean((1, 2)))


def model(*, normalised: bool) -> VisionModel:
    return load_model(Net(normalised=normalised).eval(), mean=0.5, std=0.5, size=32)


def test_products_that_cancel_are_no_map() -> None:
    reason = fitting(model(normalised=True))["gradient-activation"]
    assert reason is not None
    assert "what stem returns is normalised next, so gradient times activation is zero at every place" in reason
    with pytest.raises(UnsupportedModelError, match="gradient-activation needs gradient products"):
        explain(model(normalised=True), torch.randn(3, 32, 32), "gradient-activation")
    assert fitting(model(normalised=True))["grad-cam"] is None


def test_other_products_are_a_map() -> None:
    assert fitting(model(normalised=False))["gradient-activation"] is None
