"""A small network of one's own that returns whatever a test wants."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Parts:
    """What the network has at its end: itself, its pooled features and its logits."""

    net: Any
    f: Tensor
    z: Tensor


Returns = Callable[[Parts], Any]


class OddNet(nn.Module):
    """A convolution, an average and a linear head; `returns` makes the output of its parts."""

    def __init__(self, returns: Returns, classes: int = 4) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.head = nn.Linear(8, classes)
        self.other = nn.Linear(8, classes)
        self.coarse = nn.Linear(classes, 2)
        self.returns = returns
        with torch.no_grad():
            self.head.weight.mul_(10)

    def forward(self, x: Tensor) -> Any:
        features = self.body(x).mean((2, 3))
        return self.returns(Parts(self, features, self.head(features)))


def odd_net(returns: Returns, classes: int = 4) -> OddNet:
    return OddNet(returns, classes).eval()


IMAGES = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
