"""torch's own encoder layers take a fast path, past their parts, whenever nobody wants a gradient."""

import pytest
import torch
from torch import Tensor, nn

from tests.models.tiny_classifier import WIDTH, as_model, images
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.tasks.base import LOGITS

METHODS = [
    GradCAM("encoder.layers.1.norm1"),
    GradCAM("encoder.layers.0"),
    RawAttention(),
    AttentionRollout(),
    GradientAttention(),
]


class Encoded(nn.Module):
    """Patches, torch's encoder, the mean of its tokens."""

    def __init__(self, norm_first: bool, batch_first: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, WIDTH, 8, 8)
        layer = nn.TransformerEncoderLayer(WIDTH, 3, 24, norm_first=norm_first, batch_first=batch_first)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, 5)
        self.batch_first = batch_first

    def forward(self, pixel_values: Tensor) -> Tensor:
        tokens = self.stem(pixel_values).flatten(2).mT
        x = self.encoder(tokens) if self.batch_first else self.encoder(tokens.transpose(0, 1)).transpose(0, 1)
        return self.head(x.mean(1))


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_one_method_alone_finds_what_it_finds_among_others(norm_first: bool, batch_first: bool, frozen: bool) -> None:
    module = Encoded(norm_first, batch_first).train().requires_grad_(not frozen)
    with torch.inference_mode():
        expected = module.eval()(images())
    model = as_model(module)
    assert [layout.kind for layout in model.probe().layouts] == ["token", "token"]
    methods: list[Explainer] = METHODS if batch_first else METHODS[2:]  # its parts keep the batch in second place
    together = shared_pass(model, images(), methods, 1)
    torch.testing.assert_close(together.outputs[LOGITS], expected.clone(), atol=1e-5, rtol=1e-5)
    for method, found in zip(methods, together.maps, strict=True):
        assert found.abs().max() > 0
        torch.testing.assert_close(method.explain(model, images(), 1), found, atol=1e-6, rtol=1e-5)
