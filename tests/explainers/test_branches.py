"""Branches within one network: Grad-CAM is that of all their channels, and their attention is no chain of layers."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.models.parallel.networks import CLASSES, SmallViT, images
from vitxplain import explain
from vitxplain.errors import UnsupportedModelError

Joined = Callable[["Branches", Tensor, Tensor], Tensor]


class Branches(nn.Module):
    """A stem, and two branches on what it makes of the image."""

    def __init__(self, joined: Joined, stride: int = 2, *, shared: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 6, 3, 2, 1)
        self.first, self.second = nn.Conv2d(6, 8, 3, 2, 1), nn.Conv2d(6, 8, 5, stride, 2)
        self.act = nn.ReLU() if shared else None
        self.acts = nn.ModuleList([nn.ReLU(), nn.ReLU()])
        self.heads = nn.ModuleList([nn.Linear(8, CLASSES), nn.Linear(8, CLASSES)])
        self.head = nn.Linear(16, CLASSES)
        self.joined = joined
        self.eval()

    def branches(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        stem = self.stem(pixels)
        return self.acts[0](self.first(stem)), self.acts[1](self.second(stem))

    def forward(self, pixels: Tensor) -> Tensor:
        if self.act is None:
            return self.joined(self, *self.branches(pixels))
        stem = self.stem(pixels)
        return self.joined(self, self.act(self.first(stem)), self.act(self.second(stem)))


def pooled(values: Tensor) -> Tensor:
    return values.mean((2, 3))


WAYS: dict[str, Joined] = {
    "logits added": lambda net, a, b: net.heads[0](pooled(a)) + 2 * net.heads[1](pooled(b)),
    "features joined": lambda net, a, b: net.head(torch.cat([pooled(a), pooled(b)], 1)),
    "maps added": lambda net, a, b: net.heads[0](pooled(a + b)),
    "maps multiplied": lambda net, a, b: net.heads[0](pooled(a * b.sigmoid())),
}


@pytest.mark.parametrize("way", WAYS)
def test_grad_cam_is_that_of_all_channels_of_the_branches(way: str) -> None:
    net = Branches(WAYS[way])
    parts = net.branches(images(2))
    score = net.joined(net, *parts)[:, 1].sum()
    gradients = torch.autograd.grad(score, parts)
    expected = sum((a * g.mean((2, 3), True)).sum(1) for a, g in zip(parts, gradients, strict=True))
    made = explain(net, images(2), "grad-cam", target=1)
    np.testing.assert_allclose(np.stack([each.values for each in made]), expected.detach(), atol=1e-6)  # type: ignore[union-attr]
    assert made[0].options["layer"] == "acts.1 + acts.0"
    again = explain(net, images(2), "grad-cam", target=1, layer=made[0].options["layer"])
    np.testing.assert_array_equal(again[1].values, made[1].values)


def test_a_finer_branch_adds_to_the_same_sum() -> None:
    net = Branches(WAYS["features joined"], stride=1)
    (made,) = explain(net, images(), "grad-cam", target=1)
    assert made.values.shape == (16, 16)
    assert net.head.bias is not None
    with torch.no_grad():
        logit = float(net(images())[0, 1] - net.head.bias[1])
    assert made.values.sum() == pytest.approx(logit, abs=1e-5)


def test_a_module_that_runs_in_both_branches_is_passed_over() -> None:
    net = Branches(WAYS["features joined"], shared=True)
    assert explain(net, images(), "grad-cam", target=1)[0].options["layer"] == "second + first"


class TokenStreams(nn.Module):
    """Two stacks of attention layers on the same tokens, each with a head; `turns`: layer by layer in turn."""

    def __init__(self, *, turns: bool) -> None:
        super().__init__()
        self.first, self.second, self.turns = SmallViT(0), SmallViT(1), turns
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        start = self.first.tokens(pixels)
        if not self.turns:
            return self.first.read(self.first.layers(start)) + self.second.read(self.second.layers(start))
        ours, theirs = start, start
        for number in range(2):
            ours, theirs = self.first.layer(ours, number), self.second.layer(theirs, number)
        return self.first.read(ours) + self.second.read(theirs)


@pytest.mark.parametrize("turns", [True, False])
def test_attention_of_streams_on_tokens_is_not_multiplied(turns: bool) -> None:
    net = TokenStreams(turns=turns)
    with pytest.raises(UnsupportedModelError, match="its attention layers are no chain: those of .* side by side"):
        explain(net, images(), "attention-rollout")
    assert explain(net, images(), "raw-attention")[0].values.shape[0] == 4
    with torch.no_grad():
        for name in ("embed.weight", "embed.bias", "cls", "pos"):
            net.second.get_parameter(name).copy_(net.first.get_parameter(name))
    first, second = (explain(each, images(), "grad-cam", target=1)[0].values for each in (net.first, net.second))
    both = explain(net, images(), "grad-cam", target=1)[0].values
    np.testing.assert_allclose(both, first + second, atol=1e-5)


def test_blocks_that_add_up_two_attentions_are_a_chain() -> None:
    class Pairs(SmallViT):
        def layers(self, tokens: Tensor) -> Tensor:
            for _ in range(2):
                tokens = sum(self.layer(tokens, number) for number in range(2))  # type: ignore[assignment]
            return tokens

    assert explain(Pairs().eval(), images(), "attention-rollout")[0].values.shape == (4, 4)
