"""Against other tools and other libraries' models."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.explainers import tiny
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.head_distance import HeadDistance
from vitxplain.explainers.raw_attention import RawAttention

pytestmark = pytest.mark.peers

SMALL = {"img_size": 32, "patch_size": 8, "embed_dim": 16, "num_heads": 2, "num_classes": 5}


def min_max(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min())


def theirs(module: nn.Module, layer: str, images: Tensor, target: int, to_map=None) -> np.ndarray:
    from pytorch_grad_cam import GradCAM as PeerGradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    with PeerGradCAM(module, [module.get_submodule(layer)], reshape_transform=to_map) as peer:
        return peer(images, [ClassifierOutputTarget(target)] * len(images))


@pytest.mark.parametrize("target", [0, 3])
def test_grad_cam_of_a_convolutional_network_equals_pytorch_grad_cams(target: int) -> None:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()]
    # Nothing is made smaller, so nobody resizes the map.
    module = nn.Sequential(*layers, nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(), nn.Linear(48, 5)).eval()
    images = tiny.images(2, (12, 20))
    ours = GradCAM("3", relu=True).explain(tiny.as_model(module, (12, 20)), images, target).numpy()
    for one, other in zip(ours, theirs(module, "3", images, target), strict=True):
        np.testing.assert_allclose(min_max(one), min_max(other), atol=1e-4)


def test_grad_cam_of_a_transformer_equals_pytorch_grad_cams() -> None:
    from pytorch_grad_cam.utils.image import scale_cam_image
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    module = VisionTransformer(**SMALL | {"img_size": tiny.SIZE}, depth=2, reg_tokens=2).eval()
    images = tiny.images(2)
    ours = GradCAM("blocks.1.norm1", relu=True).explain(tiny.as_model(module), images, 2).numpy()
    peers = theirs(module, "blocks.1.norm1", images, 2, lambda t: t[:, 3:].transpose(1, 2).unflatten(2, (3, 5)))
    height, width = tiny.SIZE
    for one, other in zip(scale_cam_image(ours, (width, height)), peers, strict=True):
        np.testing.assert_allclose(min_max(one), min_max(other), atol=1e-4)


def test_raw_attention_equals_timms_extractor() -> None:
    from timm.layers import set_fused_attn
    from timm.models.vision_transformer import VisionTransformer
    from timm.utils import AttentionExtract

    torch.manual_seed(0)
    fused = VisionTransformer(**SMALL, depth=2).eval()
    with torch.no_grad():
        for block in fused.blocks:
            block.attn.qkv.weight[:32].mul_(20)
    set_fused_attn(False)
    try:
        plain = VisionTransformer(**SMALL, depth=2).eval()
    finally:
        set_fused_attn(True)
    plain.load_state_dict(fused.state_dict())
    images = tiny.images(2, (32, 32))
    with torch.no_grad():
        expected = AttentionExtract(plain, method="hook")(images)
    maps = RawAttention().explain(tiny.as_model(fused, (32, 32)), images)
    assert len(expected) == maps.shape[1] == 2
    for layer, weights in enumerate(expected.values()):
        torch.testing.assert_close(maps[:, layer].flatten(-2), weights[:, :, 0, 1:], atol=1e-5, rtol=0)


def late_class_token() -> nn.Module:
    from timm.models.convit import ConVit

    return ConVit(**SMALL, depth=3, local_up_to_layer=2)


def class_attention() -> nn.Module:
    from timm.models.cait import Cait

    return Cait(**SMALL, depth=2, depth_token_only=2)


def pooling_head() -> nn.Module:
    from timm.models.vision_transformer import VisionTransformer

    return VisionTransformer(**SMALL, depth=2, global_pool="map", class_token=False)


@pytest.mark.parametrize("build", [late_class_token, class_attention, pooling_head])
def test_layers_that_do_not_hold_all_tokens(build) -> None:
    torch.manual_seed(0)
    model, images = tiny.as_model(build().eval(), (32, 32)), tiny.images(2, (32, 32))
    for method in (AttentionRollout(), GradientAttention(), HeadDistance(), RawAttention()):
        result = method.explain(model, images, 1)
        assert result.isfinite().all()
        assert result[0].std() > 0
        torch.testing.assert_close(method.explain(model, images[[1]], 1), result[[1]], atol=1e-6, rtol=1e-3)
    total = AttentionRollout().explain(model, images).sum((1, 2))
    pooled = build is pooling_head  # no class token keeps a share
    assert torch.allclose(total, torch.ones(2), atol=1e-6) if pooled else (total < 1).all()
