"""A small vision transformer in plain torch, whose attention, tokens and readout are to be chosen."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.capture.watching import Attend, Attention
from vitxplain.grid import TokenGrid
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel

SIZE, WIDTH, CLASSES = (24, 40), 12, 5  # patches of 8 px: a grid of 3 x 5


def fused(query: Tensor, key: Tensor, value: Tensor) -> tuple[None, Tensor]:
    return None, F.scaled_dot_product_attention(query, key, value)


def written_out(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    weights = (query @ key.mT * query.shape[-1] ** -0.5).softmax(-1)
    return weights, weights @ value


class Block(nn.Module):
    """As in any ViT: norm, attention; norm, MLP."""

    def __init__(self, attend: Attend) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(WIDTH), Attention(attend)
        self.norm2, self.mlp = nn.LayerNorm(WIDTH), nn.Sequential(nn.Linear(WIDTH, 24), nn.GELU(), nn.Linear(24, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TinyClassifier(nn.Module):
    """`read` makes of the final tokens (batch, token, channel) what the linear head gets."""

    def __init__(
        self,
        attends: list[Attend] | None = None,
        *,
        prefix: int = 1,
        suffix: int = 0,
        read: Callable[[Tensor], Tensor] = lambda x: x[:, 0],
        stem: nn.Module | None = None,
    ) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = stem or nn.Conv2d(3, WIDTH, 8, 8)
        self.prefix = nn.Parameter(torch.randn(1, prefix, WIDTH))
        self.suffix = nn.Parameter(torch.randn(1, suffix, WIDTH))
        self.blocks = nn.ModuleList(Block(attend) for attend in attends or [fused, fused])
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES)
        self.read = read
        self.eval()

    def tokens(self, pixel_values: Tensor) -> Tensor:
        patches = self.stem(pixel_values).flatten(2).mT
        return torch.cat(
            [self.prefix.expand(len(patches), -1, -1), patches, self.suffix.expand(len(patches), -1, -1)], 1
        )

    def forward(self, pixel_values: Tensor) -> Tensor:
        x = self.tokens(pixel_values)
        for block in self.blocks:
            x = block(x)
        return self.head(self.read(self.norm(x)))


def as_model(
    module: nn.Module, size: tuple[int, int] = SIZE, grid: TokenGrid | tuple[int, int] | None = None
) -> VisionModel:
    return load_model(module, mean=0.5, std=0.5, size=size, grid=grid)


def images(number: int = 2, size: tuple[int, int] = SIZE) -> Tensor:
    return torch.randn(number, 3, *size, generator=torch.Generator().manual_seed(0))
