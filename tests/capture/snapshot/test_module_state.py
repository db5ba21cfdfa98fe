"""Whatever a module's own code changes of it, and the generators it draws from, are as they were after every method."""

import random
import warnings
from collections import deque
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import transformers
from torch import Tensor, nn

from vitxplain import explain_together, fitting, load_model
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import CaptureError

PIXELS = torch.linspace(-1, 1, 3 * 16 * 16).reshape(1, 3, 16, 16)


class Counting(nn.Module):
    """Counts and remembers what it saw, in buffers, attributes and containers."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.tensor(3))
        self.register_buffer("mean", torch.tensor([0.5, -0.0]))
        self.register_buffer("largest", torch.zeros(0))
        self.register_buffer("decayed", torch.ones(2))
        self.calls, self.last, self.history, self.recent, self.by_size = 0, None, [1.0], deque(maxlen=2), {}

    def forward(self, x: Tensor) -> Tensor:
        self.seen += len(x)
        self.mean = 0.9 * self.mean + 0.1 * x.detach().mean()
        self.largest.resize_(2).fill_(float(x.max()))
        self.decayed.data.mul_(0.5)
        self.calls += 1
        self.last = x
        self.new = x
        self.history.append(float(x.mean()))
        self.recent.append(x)
        self.by_size[x.shape] = self.calls
        return x


class Drawing(nn.Module):
    """Draws from every generator."""

    def forward(self, x: Tensor) -> Tensor:
        np.random.rand()
        return F.dropout(x, 1e-9) + 0 * random.random()


class Renormalised(nn.Conv2d):
    """Keeps the norm of its weights small, as EEGNet and face recognition do."""

    def forward(self, x: Tensor) -> Tensor:
        self.weight.data = torch.renorm(self.weight.data, 2, 0, 0.1)
        return super().forward(x)


class BatchStatistics(nn.BatchNorm2d):
    """Takes statistics of every batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0 * F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, training=True)


def observed() -> nn.Module:
    from torch.ao.quantization import FakeQuantize, MovingAveragePerChannelMinMaxObserver

    return nn.Sequential(
        FakeQuantize(),
        FakeQuantize(MovingAveragePerChannelMinMaxObserver, ch_axis=1, qscheme=torch.per_channel_affine),
    )


ODD: dict[str, Callable[[], nn.Module]] = {
    "counters and caches": Counting,
    "random numbers": Drawing,
    "replaced weights": lambda: Renormalised(4, 4, 3, padding=1),
    "statistics of each batch": lambda: BatchStatistics(4),
    "a mean of all batches": lambda: nn.BatchNorm2d(4, momentum=None),
    "instance statistics": lambda: nn.InstanceNorm2d(4, track_running_stats=True),
    "spectral norm": lambda: nn.utils.spectral_norm(nn.Conv2d(4, 4, 1)),
    "spectral norm as a parametrization": lambda: nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 4, 1)),
    "observers of a quantisation": observed,
}


def classifier(odd: nn.Module) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), odd, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
    )


def bits(tensor: Tensor) -> tuple[object, ...]:
    return tensor.dtype, tuple(tensor.shape), tensor.detach().clone().numpy().tobytes()


def remains(module: nn.Module) -> dict[str, object]:
    """Values bit by bit, and which things the attributes are and containers hold."""
    with warnings.catch_warnings(action="ignore"):
        facts: dict[str, object] = {name: bits(tensor) for name, tensor in module.state_dict().items()}
    for name, part in module.named_modules():
        facts |= {f"{name}: {word}": id(value) for word, value in vars(part).items()}
        held = [value for value in vars(part).values() if isinstance(value, (list, dict, deque))]
        facts[f"{name} holds"] = [[*map(id, one.values() if isinstance(one, dict) else one)] for one in held]
    chance = np.random.get_state()
    return facts | {"generators": (bits(torch.get_rng_state()), chance[1].tolist(), chance[2])}


@pytest.mark.filterwarnings("ignore")  # torch says that observers and this spectral norm are old
@pytest.mark.parametrize("name", ODD)
def test_it_is_as_it_was_after_every_method(name: str) -> None:
    module = classifier(ODD[name]()).train()
    module(PIXELS)
    before = remains(module)
    model = load_model(module, mean=0.5, std=0.5, size=16)
    methods = [method for method, why in fitting(model).items() if why is None]
    assert "grad-cam" in methods
    assert remains(module) == before
    for method in methods:
        explain_together(model, PIXELS, [method])
        assert remains(module) == before


def test_it_is_as_it_was_after_a_failure() -> None:
    module = classifier(Counting())
    module[2].register_forward_hook(lambda *_: [][1])
    before = remains(module)
    with pytest.raises(IndexError), undisturbed(module):
        module(PIXELS)
    assert remains(module) == before


def test_what_builds_itself_at_its_first_image_stays_built() -> None:
    class Building(nn.Module):
        built = False

        def forward(self, x: Tensor) -> Tensor:
            if not self.built:
                self.last, self.built = nn.Linear(3, 2), True
            return self.last(x)

    module = Building()
    with undisturbed(module):
        first = module(torch.ones(1, 3))
    assert torch.equal(module(torch.ones(1, 3)), first)


def test_weights_that_are_not_made_yet_are_asked_for() -> None:
    module = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))
    with pytest.raises(CaptureError, match=r"of 1 \(LazyLinear\) are not made yet: load those"), undisturbed(module):
        pass


def test_hooks_that_a_model_adds_at_its_first_pass_are_not_added_twice():
    config = transformers.SegformerConfig(
        num_labels=3,
        hidden_sizes=[8, 16, 16, 16],
        depths=[1] * 4,
        num_attention_heads=[1] * 4,
        decoder_hidden_size=16,
    )
    model = transformers.SegformerForSemanticSegmentation(config).eval()
    pixels = torch.zeros(1, 3, 32, 32)
    for _ in range(2):
        with undisturbed(model):
            assert model(pixel_values=pixels).logits.shape == (1, 3, 8, 8)
    assert model(pixel_values=pixels).logits.shape == (1, 3, 8, 8)
