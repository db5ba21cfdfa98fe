"""What a plain ViT is not: whatever else mixes places is named as the reason why rollout does not fit."""

from collections.abc import Callable

import pytest
import torch.nn.functional as F
from torch import Tensor, nn

from tests.models.tiny_classifier import WIDTH, TinyClassifier, as_model, fused
from vitxplain.models.vision_model import VisionModel


class ContextPooling(nn.Module):
    """A softmax over places that compares no tokens (GCNet's, or the pooling of a compact transformer)."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.score(x).mT.softmax(-1) @ x


class Residual(nn.Module):
    """On a sequence of patches, beside it."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


class Convolution(nn.Module):
    """Along rows and columns of 3 x 5 patches (LocalViT)."""

    def __init__(self) -> None:
        super().__init__()
        self.local = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.local(x.mT.unflatten(2, (3, 5))).flatten(2).mT


def difference(query: Tensor, key: Tensor, value: Tensor) -> tuple[None, Tensor]:
    """Differential attention (arXiv 2410.05258)."""
    both = F.scaled_dot_product_attention(query, key, value), F.scaled_dot_product_attention(key, query, value)
    return None, both[0] - 0.5 * both[1]


def at(position: int, extra: nn.Module) -> nn.Module:
    module = TinyClassifier([fused] * 2, prefix=0, read=lambda x: x.mean(1))
    module.blocks.insert(position, extra)
    return module.eval()


def pooled_by_softmax() -> nn.Module:
    module = TinyClassifier([fused] * 2, prefix=0)
    pooling = ContextPooling()
    module.read = nn.Sequential(pooling, nn.Flatten())
    return module.eval()


def reason(model: VisionModel) -> str | None:
    return model.probe().missing.get("attentions")


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda: at(1, Residual(Convolution())), "a convolution (blocks.1.inner.local) mixes places between its"),
        (
            lambda: at(1, Residual(ContextPooling())),
            "softmax weights that are no attention (blocks.1.inner) mix places",
        ),
        (
            lambda: at(0, Residual(ContextPooling())),
            "softmax weights that are no attention (blocks.0.inner) mix places",
        ),
        (
            lambda: TinyClassifier([difference] * 2),
            "two softmaxes weigh the same values (blocks.0.attention), and what",
        ),
    ],
)
def test_what_mixes_places_is_named(build: Callable[[], nn.Module], expected: str) -> None:
    model = as_model(build())
    assert not model.probe().isotropic
    assert reason(model).startswith(expected)


@pytest.mark.parametrize(
    "build", [lambda: at(0, Residual(Convolution())), lambda: at(2, Residual(Convolution())), pooled_by_softmax]
)
def test_before_the_first_layer_and_after_the_last_it_does_not_matter(build: Callable[[], nn.Module]) -> None:
    model = as_model(build())
    assert model.probe().isotropic
    assert reason(model) is None
