"""Small networks, and what puts several of them, or one several times, side by side."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIZE = 32
CLASSES = 4


class SmallCNN(nn.Module):
    """One convolution, global average pooling, one linear layer."""

    def __init__(self, seed: int = 0, stride: int = 8) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.conv, self.act = nn.Conv2d(3, 6, stride, stride), nn.ReLU()
        self.fc = nn.Linear(6, CLASSES)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.fc(self.act(self.conv(pixels)).mean((2, 3)))


class SmallViT(nn.Module):
    """Two layers of attention alone among 4 x 4 patches and a class token; patches are cut without a convolution."""

    def __init__(self, seed: int = 0, width: int = 16, heads: int = 2) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.heads = heads
        self.embed = nn.Linear(3 * 64, width)
        self.cls, self.pos = nn.Parameter(torch.randn(1, 1, width)), nn.Parameter(torch.randn(1, 17, width))
        self.qkv = nn.ModuleList(nn.Linear(width, 3 * width) for _ in range(2))
        self.norm = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.head = nn.Linear(width, CLASSES)
        for layer in self.qkv:
            layer.weight.data *= 4

    def forward(self, pixels: Tensor) -> Tensor:
        return self.read(self.layers(self.tokens(pixels)))

    def tokens(self, pixels: Tensor) -> Tensor:
        patches = F.unfold(pixels, 8, stride=8).transpose(1, 2)
        return torch.cat([self.cls.expand(len(pixels), -1, -1), self.embed(patches)], 1) + self.pos

    def layers(self, tokens: Tensor) -> Tensor:
        for number in range(2):
            tokens = self.layer(tokens, number)
        return tokens

    def layer(self, tokens: Tensor, number: int) -> Tensor:
        mixed = self.qkv[number](self.norm[number](tokens))
        parts = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in mixed.chunk(3, -1))
        return tokens + F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)

    def read(self, tokens: Tensor) -> Tensor:
        return self.head(tokens[:, 0])


class Whole(nn.Module):
    """Networks put together by a function of the image and of them."""

    def __init__(self, how: Callable[..., Tensor], *nets: nn.Module) -> None:
        super().__init__()
        self.nets, self.how = nn.ModuleList(nets), how

    def forward(self, pixels: Tensor) -> Tensor:
        return self.how(pixels, *self.nets)


def images(count: int = 1) -> Tensor:
    return torch.randn(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(7))
