"""Gradient checkpointing would run layers a second time, unseen, in the backward pass: it is off meanwhile."""

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from tests.capture.state import state
from tests.models.tiny_classifier import TinyClassifier, as_model, fused, images
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.shared_pass import shared_pass


class Checkpointing(TinyClassifier):
    """As timm does it: a flag of its own, whatever the training flag says."""

    grad_checkpointing = True
    times = 0

    def forward(self, pixel_values: Tensor) -> Tensor:
        x = self.tokens(pixel_values)
        for block in self.blocks:
            if self.grad_checkpointing:
                self.times += 1
                x = checkpoint(block, x, use_reentrant=False)
            else:
                x = block(x)
        return self.head(self.read(self.norm(x)))


def test_the_same_maps_and_nothing_checkpointed() -> None:
    methods = [AttentionRollout(), GradientAttention(), GradCAM()]
    module: nn.Module = Checkpointing([fused, fused])
    model = as_model(module)
    before = state(module)
    found = shared_pass(model, images(), methods, 1).maps
    assert module.times == 0
    assert state(module) == before
    module(images()).sum().backward()
    assert module.times == 2  # it is on again
    for one, other in zip(found, shared_pass(as_model(TinyClassifier()), images(), methods, 1).maps, strict=True):
        torch.testing.assert_close(one, other)
