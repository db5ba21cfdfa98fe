"""Explaining within `torch.autocast`: the model runs as the caller wants it, what is made of it in single precision."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.explainers import tiny
from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.head_distance import HeadDistance
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.raw_attention import RawAttention

METHODS = {
    tiny.vit_module: [AttentionRollout(), RawAttention(), HeadDistance(), GradientAttention(), GradCAM()],
    tiny.swin_module: [RawAttention(), GradCAM(), CAM()],
    tiny.resnet_module: [GradCAM(), CAM()],
}


@pytest.mark.parametrize("build", METHODS)
def test_maps_are_nearly_those_without_and_in_single_precision(build: Callable[[], nn.Module]) -> None:
    size = tiny.SIZES.get(build, tiny.SIZE)
    model, fresh = (tiny.as_model(tiny.sharpened(build(), 1 / 5), size) for _ in range(2))
    expected = shared_pass(model, tiny.images(2, size), METHODS[build], 1).maps
    for one in (model, fresh):  # probed without, probed within
        with torch.autocast("cpu", torch.bfloat16):
            found = shared_pass(one, tiny.images(2, size), METHODS[build], 1).maps
            assert torch.is_autocast_enabled("cpu")
        for maps, other in zip(found, expected, strict=True):
            assert maps.dtype == torch.float32
            assert ((maps - other).abs().max() / other.abs().max()).item() < 0.05


def test_rows_sum_to_one_to_single_precision() -> None:
    """Rows of bf16 weights do so to three digits only."""
    seen: list[AttentionRecord] = []

    class Keeps(RawAttention):
        def keep(self, record: AttentionRecord) -> torch.Tensor:
            assert record.weights.dtype == torch.float32
            torch.testing.assert_close(record.weights.sum(-1), torch.ones(1, 2, 16), atol=1e-6, rtol=0)
            torch.testing.assert_close(record.fuse_heads("mean").sum(-1), torch.ones(1, 16), atol=1e-6, rtol=0)
            seen.append(record)
            return super().keep(record)

    with torch.autocast("cpu", torch.bfloat16):
        Keeps().explain(tiny.load(tiny.vit_module), tiny.images(1))
    assert len(seen) == 3
