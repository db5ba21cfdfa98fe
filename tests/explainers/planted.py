"""Models whose logits are, by construction, the content of one patch: logit 0 the red one's, logit 1 the green's."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel

ROWS, COLUMNS, PATCH = 3, 5, 4
SIZE = (ROWS * PATCH, COLUMNS * PATCH)
RED, GREEN = (1, 3), (2, 0)  # (row, column) of the patches that count, for target 0 and target 1


def picture() -> Tensor:
    """Faint noise, one red patch and one green patch: (1, channel, height, width)."""
    image = 0.05 * torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    for channel, (row, column) in enumerate((RED, GREEN)):
        image[:, channel, row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] = 1.0
    return image


def colour_embedding(channels: int) -> nn.Conv2d:
    """A patch's mean red and green are its first two channels."""
    layer = nn.Conv2d(3, channels, PATCH, PATCH)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    with torch.no_grad():
        for channel in range(2):
            layer.weight[channel, channel] = 1 / PATCH**2
    return layer


class PlantedCNN(nn.Module):
    """The average over places of how red, and how green, they are."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(colour_embedding(6), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(6, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.eye(2, 6))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.pool(self.features(pixels)).flatten(1))


class ColourAttention(nn.Module):
    """Two heads: the class token asks one for red patches, the other for green ones, and takes what they hold.

    Channels of a token: 0 red, 1 green, 2 one for the class token, 3 and 4 red and green as attended to.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.num_heads = 2
        self.query, self.key, self.value, self.out = (nn.Linear(channels, channels, bias=False) for _ in range(4))
        with torch.no_grad():
            for layer in (self.query, self.key, self.value, self.out):
                layer.weight.zero_()
            for head, first in enumerate((0, channels // 2)):  # the first channel of each head
                self.query.weight[first, 2] = 6.0
                self.key.weight[first, head] = 1.0
                self.value.weight[first, head] = 1.0
                self.out.weight[3 + head, first] = 1.0

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = (
            layer(tokens).unflatten(2, (2, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        return self.out(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = ColourAttention(channels)

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens + self.attention(tokens)


class PlantedViT(nn.Module):
    """A class token, four registers and 3 x 5 patches; logits are what the class token took of red and of green."""

    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        self.embedding = colour_embedding(channels)
        first = torch.zeros(1, 5, channels)
        first[:, 0, 2] = 1.0
        self.first_tokens = nn.Parameter(first)
        self.blocks = nn.Sequential(Block(channels), Block(channels))
        self.head = nn.Linear(channels, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.eye(channels)[3:5])

    def forward(self, pixels: Tensor) -> Tensor:
        patches = self.embedding(pixels).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.first_tokens.expand(len(patches), -1, -1), patches], 1)
        return self.head(self.blocks(tokens)[:, 0])


def planted(module: nn.Module) -> VisionModel:
    return load_model(module.eval(), mean=0.5, std=0.5, size=SIZE)
