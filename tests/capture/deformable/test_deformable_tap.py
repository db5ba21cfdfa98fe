"""Deformable attention as the tap sees it: in every architecture of transformers that has it, and what it is not."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.sweeps.detector_models import SIZE, detector, detector_inputs
from tests.sweeps.lively import noise
from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.weight_gradients import WeightGradients

# Class -> how many of its attention calls are deformable.
FAMILIES = {
    "DeformableDetrForObjectDetection": 4,
    "RTDetrForObjectDetection": 2,
    "RTDetrV2ForObjectDetection": 2,
    "DFineForObjectDetection": 2,
    "Deimv2ForObjectDetection": 2,
    "LwDetrForObjectDetection": 2,
    "RfDetrForObjectDetection": 2,
    "Mask2FormerForUniversalSegmentation": 2,
    "OneFormerForUniversalSegmentation": 2,
    "GroundingDinoForObjectDetection": 4,
    "OmDetTurboForObjectDetection": 2,
}


class Deformable:
    """The watcher that keeps deformable calls; `gradients` of their weights, too, where it asks for them."""

    def __init__(self, ask: bool = False) -> None:
        self.ask = ask
        self.calls: list[AttentionCall] = []
        self.gradients: dict[int, Tensor] = {}
        self.hidden: list[str] = []

    def before(self, call: AttentionCall) -> bool:
        if isinstance(call.weights, DeformableWeights):
            self.calls.append(call)
            return self.ask
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None: ...

    def hides(self, path: str, how: str) -> None:
        self.hidden.append(f"{path} {how}")

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None:
        self.gradients[call.index] = gradients.full()


def watched(model: nn.Module, inputs: dict[str, Any], ask: bool = False) -> tuple[Deformable, AttentionTap, Any]:
    watcher = Deformable(ask)
    with torch.no_grad(), AttentionTap(model, watcher) as tap:
        output = model(**inputs)
    assert not watcher.hidden
    return watcher, tap, output


def sampled_outputs(model: nn.Module) -> list[Tensor]:
    """A list that fills with what each module that samples returns, before it projects it."""
    outputs: list[Tensor] = []
    for part in model.modules():
        if not hasattr(part, "sampling_offsets"):
            continue
        if hasattr(part, "output_proj"):
            part.output_proj.register_forward_pre_hook(lambda _, args: outputs.append(args[0]))
        else:
            part.register_forward_hook(lambda *given: outputs.append(given[2][0]))
    return outputs


@pytest.mark.parametrize(("name", "count"), FAMILIES.items())
def test_matrix_times_values_is_what_the_module_samples(name: str, count: int) -> None:
    check(name, count)


def test_discrete_sampling() -> None:
    check("RTDetrV2ForObjectDetection", 2, decoder_method="discrete")


def check(name: str, count: int, **changes: Any) -> None:
    model = detector(name, **changes)
    outputs = sampled_outputs(model)
    watcher, _, _ = watched(model, detector_inputs(name, noise(SIZE, 2)))
    assert len(watcher.calls) == len(outputs) == count
    for call, expected in zip(watcher.calls, outputs, strict=True):
        weights = call.weights
        product = (weights.full() @ weights.value).unflatten(0, (2, -1)).transpose(1, 2).flatten(2)
        torch.testing.assert_close(product, expected, atol=1e-5, rtol=1e-5)
        assert weights.full().min() >= 0
        assert weights.full().sum(-1).max() <= 1 + 1e-5


def test_gradients_of_weights_are_those_of_the_output() -> None:
    name = "DeformableDetrForObjectDetection"
    model = detector(name)
    inputs = detector_inputs(name, noise(SIZE, 2))
    plain = model(**inputs).logits.detach()
    watcher, tap, output = watched(model, inputs, ask=True)
    torch.testing.assert_close(output.logits, plain)
    with torch.enable_grad():
        torch.autograd.grad(output.logits[:, 3, 1].sum(), tap.starts)
    last = watcher.calls[-1]
    # Weights enter through the output alone, so along themselves their gradient is that of scaling the output.
    found = (watcher.gradients[last.index] * last.weights.full()).sum(-1)
    assert found.shape == last.weights.shape[:2]
    moves = found.unflatten(0, (2, -1)).abs().sum((0, 1)) > 0
    assert moves.nonzero().flatten().tolist() == [3]  # the last layer's row of the query, and no other
    assert len(watcher.gradients) == 4


def test_model_goes_on_with_the_same_numbers_and_strides() -> None:
    name = "RTDetrForObjectDetection"
    model, inputs = detector(name), detector_inputs(name, noise(SIZE, 2))
    with torch.no_grad():
        expected = model(**inputs).logits
    assert torch.equal(watched(model, inputs)[2].logits, expected)


class Sampling(nn.Module):
    """Something that samples an image and is no deformable attention."""

    def __init__(self, forward: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.how = forward

    def forward(self, values: Tensor, points: Tensor) -> Tensor:
        return self.how(F.grid_sample(values, points, align_corners=False), points)


@pytest.mark.parametrize(
    "forward",
    [
        lambda sampled, _: sampled.flatten(2),  # descriptors at key points
        lambda sampled, _: sampled.sum(-1),  # their sum
        lambda sampled, points: (sampled * points[:, None, ..., 0]).sum(-1),  # weighed with what is no softmax
        lambda sampled, points: (sampled * points[:, None, ..., 0].softmax(-1)).sum(1),  # not over the points
        lambda sampled, points: (sampled * points[:, None, ..., 0].softmax(-2)).sum(-1),  # a softmax over queries
    ],
)
def test_other_sampling_is_no_attention(forward: Callable[[Tensor, Tensor], Tensor]) -> None:
    inputs = {"values": torch.randn(2, 3, 4, 6), "points": 2 * torch.rand(2, 5, 4, 2) - 1}
    assert not watched(Sampling(forward), inputs)[0].calls


def test_written_by_hand() -> None:
    inputs = {"values": torch.randn(2, 3, 4, 6), "points": 2 * torch.rand(2, 5, 4, 2) - 1}
    model = Sampling(lambda sampled, points: torch.sum(points[:, None, ..., 0].softmax(-1) * sampled, dim=-1))
    watcher, _, output = watched(model, inputs)
    (call,) = watcher.calls
    torch.testing.assert_close((call.weights.full() @ call.weights.value).mT, output)
