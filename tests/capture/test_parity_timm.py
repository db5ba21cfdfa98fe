"""Attention of fused timm models against timm's own AttentionExtract, where that is right, and where it is not.

AttentionExtract reads the modules `attn_drop` ("hook") or the graph's nodes `attn.softmax` ("fx") of models built
without fused attention: fused ones never run either. Everything that only computes weights inside `forward`, or under
another name, escapes it.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.capture.watching import watch
from tests.sweeps.lively import lively, noise, settled

pytestmark = pytest.mark.peers

SIZE = (64, 96)
SMALL = {"img_size": SIZE, "num_classes": 5, "depth": 2}
# What sets each apart: class token, distilled, registers, no class token, windows, ...
MODELS: dict[str, dict[str, Any]] = {
    "vit_tiny_patch16_224": SMALL,
    "deit_tiny_distilled_patch16_224": SMALL,
    "vit_base_patch16_siglip_gap_224": SMALL,
    "vit_small_patch14_reg4_dinov2": SMALL | {"img_size": (56, 84)},
    "vit_small_patch16_dinov3": SMALL,  # rotary positions and registers
    "vit_base_patch16_rope_224": SMALL,
    "vit_relpos_small_patch16_224": SMALL,
    "vit_tiny_r_s16_p8_224": SMALL,  # convolutions first
    "eva02_tiny_patch14_224": SMALL | {"img_size": (56, 84)},
    "beit_base_patch16_224": SMALL,
    "naflexvit_base_patch16_gap": {"num_classes": 5, "depth": 2},
    "samvit_base_patch16_224": SMALL | {"img_size": 64},
    "cait_xxs24_224": SMALL | {"depth_token_only": 1},  # heads mixed before and after the softmax
    "convit_tiny": SMALL | {"depth": 3, "local_up_to_layer": 2, "img_size": 64},  # attention gated with positions
    "crossvit_tiny_240": {"num_classes": 5},
    "pit_ti_224": {"num_classes": 5, "depth": (1, 1, 1)},
    "twins_svt_small": {"num_classes": 5, "depths": (1, 1, 2, 1)},
    "nextvit_small": {"num_classes": 5},
    "swin_tiny_patch4_window7_224": {"num_classes": 5, "depths": (2, 2), "num_heads": (3, 6)},
    "swinv2_tiny_window8_256": {"num_classes": 5, "depths": (2, 2), "num_heads": (3, 6)},
    "maxvit_pico_rw_256": {"num_classes": 5},
    "xcit_nano_12_p8_224": {"num_classes": 5, "depth": 2, "img_size": 64},
}
# Fused and plain kernels round differently, and this many layers make more of it.
DOUBLE = {"crossvit_tiny_240", "maxvit_pico_rw_256", "nextvit_small"}


def unfused(build: Callable[[], nn.Module]) -> nn.Module:
    from timm.layers import set_fused_attn

    set_fused_attn(False)
    try:
        return build().eval()
    finally:
        set_fused_attn(True)


def pair(name: str, settings: dict[str, Any]) -> tuple[nn.Module, nn.Module, Tensor]:
    """A model with fused attention, a second one without, of the same weights, and two images."""
    import timm

    def build() -> nn.Module:
        return timm.create_model(name, **settings)

    fused = lively(build())
    size = settings.get("img_size", fused.pretrained_cfg["input_size"][-1])
    images = noise((size, size) if isinstance(size, int) else size, 2)
    # Batch normalisations that no image was seen by let values grow until rounding decides where attention goes.
    settled(fused, x=images)
    plain = unfused(build)
    plain.load_state_dict(fused.state_dict())
    return fused, plain, images


def extracted(plain: nn.Module, images: Tensor, method: str = "hook") -> dict[str, Tensor]:
    """Attention by module path, as timm extracts it."""
    from timm.utils import AttentionExtract

    extract = AttentionExtract(plain, method=method)
    with torch.no_grad():
        return {name.rpartition(".")[0] or name: weights for name, weights in extract(images).items()}


def watched(module: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Attention by module path, as we see it."""
    seen, _ = watch(module, images)
    assert len({one.path for one in seen}) == len(seen)
    return {one.path: one.weights for one in seen if one.scored}


@pytest.mark.parametrize("name", MODELS)
def test_weights_equal_timms_extractor(name: str) -> None:
    fused, plain, images = pair(name, MODELS[name])
    if name in DOUBLE:
        fused, plain, images = fused.double(), plain.double(), images.double()
    expected, found = extracted(plain, images), watched(fused, images)
    assert list(found) == list(expected)
    for path, weights in expected.items():
        torch.testing.assert_close(found[path], weights.float(), atol=1e-5, rtol=0, msg=path)
    peak = max((weights - weights.mean(-1, keepdim=True)).abs().max() for weights in expected.values())
    assert peak > 0.1, "attention is not peaked: parity would say little"


def test_of_fused_models_timm_extracts_nothing() -> None:
    fused, _, images = pair("vit_tiny_patch16_224", SMALL)
    assert extracted(fused, images) == {}  # and no error
    assert len(watched(fused, images)) == 2


def test_heads_mixed_after_the_softmax_escape_timms_graph() -> None:
    fused, plain, images = pair("cait_xxs24_224", MODELS["cait_xxs24_224"])
    softmaxes, used, found = extracted(plain, images, "fx"), extracted(plain, images), watched(fused, images)
    path = "blocks.0.attn"
    torch.testing.assert_close(found[path], used[path], atol=1e-5, rtol=0)
    assert (found[path] - softmaxes[path]).abs().max() > 0.1


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("levit_128s", {"num_classes": 5}),
        ("mvitv2_tiny", {"num_classes": 5}),
        ("hiera_tiny_224", {"num_classes": 5, "stages": (1, 1, 1, 1)}),
    ],
)
def test_models_timms_hooks_know_nothing_of(name: str, settings: dict[str, Any]) -> None:
    fused, plain, images = pair(name, settings)
    with pytest.raises(RuntimeError, match="No module names found"):
        extracted(plain, images)
    found = watched(fused, images)
    assert len(found) >= 4
    for weights in found.values():
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))
