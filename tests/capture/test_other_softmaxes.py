"""Softmaxes that are no attention: whatever they weigh, no tokens were compared."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.capture.watching import tokens, watch


class ContextPooling(nn.Module):
    """GCNet: one weight a place, from the place alone."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = nn.Linear(12, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.mask(x).mT.softmax(-1)
        return x + weights @ x


class LearnedQuery(nn.Module):
    """Prototypes compared with the tokens: the same for every image."""

    def __init__(self) -> None:
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(12, 5))

    def forward(self, x: Tensor) -> Tensor:
        return (x @ self.prototypes).softmax(1).mT @ x


class Lambda(nn.Module):
    """LambdaNetworks: the keys are normalised over places before they meet any query."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(12, 36)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).chunk(3, -1)
        return query @ (key.mT.softmax(-1) @ value)


class Outlook(nn.Module):
    """VOLO: a linear layer writes the weights of each window."""

    def __init__(self) -> None:
        super().__init__()
        self.value, self.weights = nn.Linear(12, 12), nn.Linear(12, 3 * 9 * 9)

    def forward(self, x: Tensor) -> Tensor:
        batch, count, _ = x.shape
        value = self.value(x).view(batch, count, 1, 3, 4).expand(-1, -1, 9, -1, -1).permute(0, 3, 1, 2, 4)
        weights = self.weights(x).view(batch, count, 3, 9, 9).permute(0, 2, 1, 3, 4).softmax(-1)
        return (weights @ value).mean(3).transpose(1, 2).flatten(2)


class Efficient(nn.Module):
    """Efficient attention: softmaxes of queries and of keys, none of their product."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(12, 36)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).chunk(3, -1)
        return query.softmax(-1) @ (key.softmax(1).mT @ value)


class SelectiveKernel(nn.Module):
    """SKNet: a softmax chooses between two branches; nothing is contracted."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(12, 24)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.gate(x.mean(1)).view(-1, 2, 1, 12).softmax(1)
        return (gate * torch.stack([x, x.relu()], 1)).sum(1)


class Additive(nn.Module):
    """SwiftFormer: one weight a token, multiplied and summed."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Linear(12, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * (self.score(x).softmax(1) * x).sum(1, keepdim=True)


@pytest.mark.parametrize("module", [ContextPooling(), LearnedQuery(), Lambda(), Outlook(), Efficient()])
def test_weights_that_compare_no_tokens_are_marked(module: nn.Module) -> None:
    seen, _ = watch(module, tokens())
    assert seen
    assert not any(one.scored for one in seen)


@pytest.mark.parametrize("module", [SelectiveKernel(), Additive()])
def test_softmaxes_that_weigh_no_product_are_not_seen(module: nn.Module) -> None:
    seen, _ = watch(module, tokens())
    assert not seen


def test_class_probabilities_are_no_attention() -> None:
    """The product of attention and values is no score: what a head makes of it may be a softmax too."""

    class Head(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(12, 6)

        def forward(self, x: Tensor) -> Tensor:
            attended = F.scaled_dot_product_attention(x, x, x) + (x @ x.mT).softmax(-1) @ x
            return self.head(attended).mT.softmax(-1) @ x

    seen, _ = watch(Head(), tokens())
    assert [one.scored for one in seen] == [True, True, False]


class AttentionMaps(nn.Module):
    """DETR's masks: how much each query attends to each place, as so many more channels beside the features there."""

    def __init__(self, with_features: bool = True) -> None:
        super().__init__()
        self.with_features = with_features
        self.query, self.key = nn.Linear(12, 12), nn.Linear(12, 12)
        self.conv = nn.Conv2d(15 if with_features else 3, 12, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        query, key = (part(x).unflatten(-1, (3, 4)).transpose(1, 2) for part in (self.query, self.key))
        scores = (query @ key.mT).unflatten(-1, (2, 3)).transpose(1, 2)  # batch query head row column
        maps = scores.flatten(2).softmax(-1).view(scores.shape).flatten(0, 1)
        if self.with_features:
            features = x.mT.unflatten(-1, (2, 3)).repeat_interleave(x.shape[1], 0)
            maps = torch.cat([features, maps], 1)
        return self.conv(maps).mean((2, 3)).unflatten(0, x.shape[:2])


def test_maps_of_attention_beside_features_weigh_nothing() -> None:
    seen, _ = watch(AttentionMaps(), tokens())
    assert not seen


def test_maps_of_attention_alone_may_weigh_something() -> None:
    with pytest.raises(AssertionError):  # it is hidden attention
        watch(AttentionMaps(with_features=False), tokens())
