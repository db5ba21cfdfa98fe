"""Several streams of tokens in one model: the one with most layers is its own, the others are named."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.capture.watching import Attention
from tests.models.tiny_classifier import WIDTH, Block, as_model, fused, images
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.grid import TokenGrid


class Asks(nn.Module):
    """One stream's class token asks the other stream's tokens (CrossViT)."""

    num_heads = 3

    def __init__(self) -> None:
        super().__init__()
        self.q, self.kv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        query = self.q(x[:, :1]).unflatten(-1, (3, -1)).transpose(1, 2)
        key, value = self.kv(other).unflatten(-1, (2, 3, -1)).permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        return torch.cat([x[:, :1] + found, x[:, 1:]], 1)


class TwoStreams(nn.Module):
    """Large patches twice as deep as small ones, crossing between rounds."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stems = nn.ModuleList(nn.Conv2d(3, WIDTH, side, side) for side in (8, 4))
        self.tokens = nn.ParameterList(nn.Parameter(torch.randn(1, 1, WIDTH)) for _ in range(2))
        self.large = nn.ModuleList(nn.Sequential(Block(fused), Block(fused)) for _ in range(2))
        self.small = nn.ModuleList(Block(fused) for _ in range(2))
        self.cross = nn.ModuleList(Asks() for _ in range(4))
        self.head = nn.Linear(WIDTH, 5)
        self.eval()

    def forward(self, pixel_values: Tensor) -> Tensor:
        x, y = (
            torch.cat([token.expand(len(pixel_values), -1, -1), stem(pixel_values).flatten(2).mT], 1)
            for token, stem in zip(self.tokens, self.stems, strict=True)
        )
        for number in range(2):
            x, y = self.large[number](x), self.small[number](y)
            x, y = self.cross[2 * number](x, y), self.cross[2 * number + 1](y, x)
        return self.head(x[:, 0] + y[:, 0])


def test_the_deeper_stream_is_the_model_s_own() -> None:
    model = as_model(TwoStreams())
    one_round = ["token", "token", "branch", "cross", "cross"]
    assert [layout.kind for layout in model.probe().layouts] == one_round * 2
    everything = tuple(range(16))  # the small patches' class token, which the logits are read from too, asks all of it
    assert model.grid == TokenGrid(3, 5, 1, 0, (8.0, 8.0), everything)
    assert RawAttention().explain(model, images()).shape == (2, 4, 3, 3, 5)


class Within(nn.Module):
    """TNT: the pixels of every patch attend among themselves, then the patches do."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, WIDTH, 4, 4)
        self.inner = nn.ModuleList(Attention(fused) for _ in range(2))
        self.outer = nn.ModuleList(Block(fused) for _ in range(2))
        self.join = nn.Linear(4 * WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, 5)
        self.eval()

    def forward(self, pixel_values: Tensor) -> Tensor:
        pixels = F.unfold(self.stem(pixel_values), 2, stride=2).unflatten(1, (WIDTH, 4)).permute(0, 3, 2, 1)
        batch, patches = pixels.shape[:2]
        pixels = pixels.flatten(0, 1)  # (batch * patch, pixel, channel)
        x = 0.0
        for inner, outer in zip(self.inner, self.outer, strict=True):
            pixels = pixels + inner(pixels)
            x = outer(x + self.join(pixels.flatten(1)).unflatten(0, (batch, patches)))
        return self.head(x.mean(1))


def test_attention_within_a_patch_is_a_branch() -> None:
    model = as_model(Within())
    probe = model.probe()
    assert [layout.kind for layout in probe.layouts] == ["branch", "token"] * 2
    assert probe.isotropic
    assert probe.grid is not None
    assert (probe.grid.rows, probe.grid.columns) == (3, 5)


class Pyramid(nn.Module):
    """PVT: each stage has its own grid, and keys are pooled."""

    num_heads = 3

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stems = nn.ModuleList([nn.Conv2d(3, WIDTH, 4, 4), nn.Conv2d(WIDTH, WIDTH, 2, 2)])
        self.q, self.kv = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2 * WIDTH)
        self.head = nn.Linear(WIDTH, 5)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        for stem, pooling in zip(self.stems, (2, 1), strict=True):
            x = stem(x)
            query = self.q(x.flatten(2).mT).unflatten(-1, (3, -1)).transpose(1, 2)
            pooled = F.avg_pool2d(x, pooling).flatten(2).mT
            key, value = self.kv(pooled).unflatten(-1, (2, 3, -1)).permute(2, 0, 3, 1, 4)
            found = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
            x = x + found.mT.unflatten(2, x.shape[2:])
        return self.head(x.mean((2, 3)))


def test_stages_of_a_pyramid_are_no_branches() -> None:
    model = as_model(Pyramid(), (32, 48))
    probe = model.probe()
    assert [layout.kind for layout in probe.layouts] == ["token", "token"]
    grids = [(layout.grid.rows, layout.grid.columns) for layout in probe.layouts if layout.grid is not None]
    assert grids == [(4, 6), (4, 6)]  # of the keys
    assert [layout.num_queries for layout in probe.layouts] == [96, 24]
    assert not probe.isotropic
