"""Attention captured from a fused model equals what a second, eager one returns (definitions: 1e-5)."""

from typing import Any

import pytest
import torch
import transformers
from torch import Tensor, nn

from tests.capture.watching import Recorder, Seen
from tests.sweeps.lively import lively, noise, settled
from tests.sweeps.transformers_configs import input_size, tiny_config
from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.sound_graph import SoundBatchNorm
from vitxplain.capture.weights import FusedWeights
from vitxplain.models.processors.forward_inputs import forward_inputs

# Class -> model type. With a switch from eager to fused attention:
FUSED = {
    "BeitForImageClassification": "beit",
    "CLIPForImageClassification": "clip",
    "Data2VecVisionForImageClassification": "data2vec-vision",
    "DeiTForImageClassification": "deit",
    "DeiTForImageClassificationWithTeacher": "deit",
    "Dinov2ForImageClassification": "dinov2",
    "Dinov2WithRegistersForImageClassification": "dinov2_with_registers",
    "DINOv3ViTModel": "dinov3_vit",
    "IJepaForImageClassification": "ijepa",
    "MetaClip2ForImageClassification": "metaclip_2",
    "SegformerForImageClassification": "segformer",
    "Siglip2ForImageClassification": "siglip2",
    "SiglipForImageClassification": "siglip",
    "SwinForImageClassification": "swin",
    "ViTForImageClassification": "vit",
    "ViTMSNForImageClassification": "vit_msn",
    "YolosModel": "yolos",
}
# Always eager inside; they return their attention as well.
EAGER = {
    "DonutSwinForImageClassification": "donut-swin",
    "HieraForImageClassification": "hiera",
    "PvtForImageClassification": "pvt",
    "PvtV2ForImageClassification": "pvt_v2",
    "Swinv2ForImageClassification": "swinv2",
}
CLASSES = FUSED | EAGER
# Which of its calls a class returns, where not all: the last block of a stage, no pooling head.
RETURNED = {
    "DonutSwinForImageClassification": [1, 3],
    "HieraForImageClassification": [0, 1, 3, 4],
    "Siglip2ForImageClassification": [0, 1],
    "SiglipForImageClassification": [0, 1],
    "SwinForImageClassification": [1, 3],
    "Swinv2ForImageClassification": [1, 3],
}


def instance(name: str, implementation: str) -> nn.Module:
    torch.manual_seed(0)
    model = getattr(transformers, name)._from_config(tiny_config(CLASSES[name]), attn_implementation=implementation)
    return settled(lively(model), pixel_values=noise(input_size(CLASSES[name]), 8))


def inputs(name: str, model: nn.Module) -> dict[str, Any]:
    size = input_size(CLASSES[name])
    dtype = next(model.parameters()).dtype
    return forward_inputs(model, size)(noise(size, 2).to(dtype).requires_grad_())


def flat(attentions: tuple) -> list[Tensor]:
    return [one for stage in attentions for one in (stage if isinstance(stage, tuple) else [stage])]


def number(output: Any) -> Tensor:
    """What the gradients are of."""
    return output.logits[:, 1].sum()


def captured(name: str, gradients: bool = False, dtype: torch.dtype = torch.float32) -> tuple[list[Seen], Any]:
    model, recorder = instance(name, "sdpa" if name in FUSED else "eager").to(dtype), Recorder(gradients)
    with torch.set_grad_enabled(gradients), SoundBatchNorm():
        with AttentionTap(model, recorder):
            output = model(**inputs(name, model))
        if gradients:
            number(output).backward()
    calls = list(recorder.seen)
    calls = [calls[index] for index in RETURNED.get(name, range(len(calls)))]
    assert all(isinstance(call.weights, FusedWeights) is (name in FUSED) for call in calls)
    return [recorder.seen[call] for call in calls], output


@pytest.mark.parametrize("name", CLASSES)
def test_weights_equal_those_of_an_eager_instance(name: str) -> None:
    eager = instance(name, "eager")
    with torch.no_grad():
        expected = eager(**inputs(name, eager), output_attentions=True)
    seen, output = captured(name)
    for one, weights in zip(seen, flat(expected.attentions), strict=True):
        assert one.weights.shape == weights.shape
        assert (one.weights - weights).abs().max() <= 1e-5, one.path
        assert weights.amax(-1).mean() > 2 / weights.shape[-1], "attention is not peaked"
    torch.testing.assert_close(output[0], expected[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in CLASSES if "Classification" in name])
def test_gradients_equal_those_of_an_eager_instance(name: str) -> None:
    """In double precision: in single an eager instance is itself off by more than the bound, on some processors."""
    eager = instance(name, "eager").double()
    with SoundBatchNorm():
        expected = eager(**inputs(name, eager), output_attentions=True)
        gradients = torch.autograd.grad(number(expected), flat(expected.attentions))
    for one, gradient in zip(captured(name, gradients=True, dtype=torch.float64)[0], gradients, strict=True):
        assert gradient.any(), one.path
        assert one.gradient is not None
        assert (one.gradient - gradient).abs().max() <= 5e-6 * gradient.abs().max(), one.path
