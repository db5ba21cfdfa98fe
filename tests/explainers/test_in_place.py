"""Networks that write into tensors in place, against the same networks written out of place."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from tests.oracles import cam as oracle
from vitxplain import explain, load_model
from vitxplain.errors import OptionError

WIDTH, CLASSES = 6, 4
STEPS = ["conv", "norm", "relu", "relu module", "add", "scale", "add to a view", "skip", "concatenate", "dropout"]
IMAGES = torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))


class Steps(nn.Module):
    """A stem, steps by name, average pooling and a linear layer; each step in place or not, as told."""

    def __init__(self, steps: list[str], in_place: list[bool], seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.steps, self.in_place = steps, in_place
        self.stem = nn.Conv2d(3, WIDTH, 3, 4, 1)
        self.parts = nn.ModuleList(self._part(*each) for each in zip(steps, in_place, strict=True))
        self.head = nn.Linear(WIDTH, CLASSES)

    def _part(self, step: str, in_place: bool) -> nn.Module:
        if step == "norm":
            norm = nn.BatchNorm2d(WIDTH)
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias)
            return norm
        if step == "relu module":
            return nn.ReLU(inplace=in_place)
        return {"dropout": nn.Dropout(inplace=in_place), "conv": nn.Conv2d(WIDTH, WIDTH, 3, 1, 1)}.get(
            step, nn.Conv2d(WIDTH, WIDTH // (2 if step == "concatenate" else 1), 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for step, in_place, part in zip(self.steps, self.in_place, self.parts, strict=True):
            x = self._step(step, in_place, part, x)
        return self.head(x.mean((2, 3)))

    def _step(self, step: str, in_place: bool, part: nn.Module, x: Tensor) -> Tensor:
        if step == "relu":
            return F.relu(x, inplace=in_place)
        if step == "add":
            return x.add_(0.3) if in_place else x + 0.3
        if step == "scale":
            return x.mul_(-0.7) if in_place else x * -0.7
        if step == "add to a view":
            if in_place:
                x.view(len(x), -1)[:, ::2].add_(0.5)
                return x
            return x + 0.5 * (torch.arange(x[0].numel()) % 2 == 0).view_as(x[0])
        if step == "skip":
            y = part(x)
            if in_place:
                y += x
                return y
            return y + x
        if step == "concatenate":
            y = part(x)
            if in_place:
                x[:, : WIDTH // 2] = y
                return x
            return torch.cat([y, x[:, WIDTH // 2 :]], 1)
        return part(x)

    def written_out(self) -> "Steps":
        """The same network, everything out of place."""
        other = Steps(self.steps, [False] * len(self.steps))
        other.load_state_dict(self.state_dict())
        return other.eval()


def layer_and_logit(module: Steps, layer: str, target: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of the network out of place: the logits, what the layer returns, and the logits' gradient there."""
    seen: list[Tensor] = []
    hook = module.get_submodule(layer).register_forward_hook(lambda *call: seen.append(call[-1]))
    logits = module(IMAGES)
    hook.remove()
    (gradient,) = torch.autograd.grad(logits[:, target].sum(), seen[-1])
    return logits[:, target].detach(), seen[-1].detach(), gradient


def check(module: Steps, target: int = 1, layer: str | None = None) -> bool:
    """Grad-CAM is the loops over what the layer returned; the mean of CAM plus the bias is the logit.

    Whether CAM fits the model.
    """
    model = load_model(module.eval(), mean=0, std=1, size=IMAGES.shape[-2:])
    found = explain(model, IMAGES, "grad-cam", target=target, layer=layer)
    logits, values, gradient = layer_and_logit(module.written_out(), found[0].options["layer"], target)
    for image, one in enumerate(found):
        expected = oracle.grad_cam(values[image].double().numpy(), gradient[image].double().numpy())
        np.testing.assert_allclose(one.values, expected, atol=1e-5 * max(1, np.abs(expected).max()))
    if "linear_head" not in model.offers:
        return False
    for one, logit in zip(explain(model, IMAGES, "cam", target=target), logits, strict=True):
        assert abs(one.values.mean() + float(module.head.bias[target].detach()) - float(logit)) < 1e-4
    return True


@pytest.mark.parametrize(
    ("steps", "layer"),
    [
        (["relu"], "stem"),
        (["norm", "relu"], "parts.0"),  # DenseNet
        (["norm", "relu module"], "parts.1"),
        (["norm", "relu", "dropout"], "parts.2"),
        (["conv", "add", "scale"], "parts.0"),
        (["conv", "relu module", "add to a view"], "parts.1"),
        (["conv", "skip", "relu"], "parts.1"),
    ],
)
def test_the_layer_found_and_what_is_averaged(steps: list[str], layer: str) -> None:
    module = Steps(steps, [True] * len(steps))
    assert load_model(module.eval(), mean=0, std=1, size=IMAGES.shape[-2:]).probe().cam_layer == layer
    assert check(module)


def test_what_is_written_into_another_tensor_is_averaged_by_no_head() -> None:
    assert not check(Steps(["conv", "concatenate"], [True, True]))


def test_a_layer_is_what_it_was_when_it_returned() -> None:
    """The tensor of the norm is the one that the ReLU returns, and yet another map."""
    module = Steps(["norm", "relu module"], [True, True])
    check(module, layer="parts.0")
    with pytest.raises(OptionError, match=r"layer 'parts\.0' .* is not the one whose average the linear head reads"):
        explain(module, IMAGES, "cam", layer="parts.0")


class Unassigned(nn.Module):
    """Works on with what a module changed in place, not with what it returned."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.relu, self.head = nn.Conv2d(3, WIDTH, 3, 4, 1), nn.ReLU(inplace=True), nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        self.relu(x)
        return self.head(x.mean((2, 3)))


def test_what_a_module_returns_may_be_left_lying() -> None:
    module = Unassigned().eval()
    same = nn.Sequential(module.stem, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), module.head).eval()
    pixels = IMAGES.clone()
    for method in ("grad-cam", "cam"):
        for one, expected in zip(explain(module, pixels, method), explain(same, IMAGES, method), strict=True):
            np.testing.assert_allclose(one.values, expected.values, atol=1e-6)
    assert torch.equal(pixels, IMAGES)
    assert not pixels.requires_grad


def test_the_users_tensor_and_the_weights_are_not_written_into() -> None:
    module = nn.Sequential(nn.Identity(), nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    pixels = IMAGES.clone()
    explain(module.eval(), pixels, "grad-cam", layer="0")
    assert not pixels.requires_grad


@settings(max_examples=10, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), min_size=1, max_size=5), seed=st.integers(0, 99)
)
def test_maps_are_those_of_the_network_out_of_place(steps: list[tuple[str, bool]], seed: int) -> None:
    check(Steps([step for step, _ in steps], [in_place for _, in_place in steps], seed))
