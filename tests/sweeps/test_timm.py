"""One small, random model of every family of timm and some more, with nothing but the model.

What was found is the table of supported models: `python -m tests.sweeps.write_table timm` writes it anew, after
`python -m tests.sweeps.choose_timm` where timm has new families.
"""

from importlib.metadata import version
from typing import Any

import pytest

from tests.sweeps.checks import PLAIN_VIT, check_fits, check_rows, check_values, facts
from tests.sweeps.choose_timm import measured
from tests.sweeps.lively import lively, noise, settled
from tests.sweeps.places import misplaced_keys
from tests.sweeps.table import read
from tests.sweeps.timm_models import CUT, DOUBLE, FAMILIES, MODELS, SMALLER, created, family_of, trial
from vitxplain.models.loading.load import load_model

pytestmark = [pytest.mark.peers, pytest.mark.slow]

# Plain vision transformers: every layer asks the same patches, convolutions come before the first (EfficientFormer-L1
# has a single one). All methods on attention must fit.
PLAIN = """
    beit_base_patch16_224 cait_xxs24_224 convit_tiny crossvit_9_dagger_240 crossvit_tiny_240 deepseek_vit_412m
    deit_tiny_distilled_patch16_224 deit_tiny_patch16_224 efficientformer_l1 eva02_tiny_patch14_224 gemma4_vit_167m
    naflexvit_base_patch16_map naflexvit_base_patch16_parfac_gap qwen3_vit_88m samvit_base_patch16_224
    tnt_s_legacy_patch16_224 vit_base_patch16_rope_224 vit_base_patch16_siglip_224 vit_base_patch16_siglip_gap_224
    vit_relpos_small_patch16_224 vit_small_patch14_reg4_dinov2 vit_small_patch16_dinov3 vit_small_resnet26d_224
    vit_srelpos_small_patch16_224 vit_tiny_patch16_224 vit_tiny_r_s16_p8_224 vitamin_small_224
""".split()
# Others, most of them in stages, whose attention can be laid on the image: raw-attention must fit beside grad-cam.
STAGED = """
    caformer_s18 coatnet_nano_cc_224 csatv2 davit_tiny eca_botnext26ts_256 efficientformerv2_s0
    efficientvit_m0 gcvit_xxtiny hiera_small_abswin_256 hiera_tiny_224 hieradet_small iformer_t levit_128s lowformer_b0
    maxvit_pico_rw_256 mobilenetv5_base mobilevit_xxs mvitv2_tiny nest_tiny nextvit_small pit_ti_224 pvt_v2_b0 shvit_s1
    swin_tiny_patch4_window7_224 swinv2_cr_tiny_224 swinv2_tiny_window16_256 tiny_vit_5m_224 twins_svt_small
    visformer_tiny vit_dlittle_patch16_reg1_gap_256 volo_d1_224 xcit_nano_12_p8_224
""".split()
# What rollout is refused for, where a reader may have expected it.
REASONS = {
    "cpubone_nano": "a convolution (stages.2.1.total.1.main.spatial_conv.conv.1) mixes places",
    "coat_tiny": "it has no attention (26 other softmaxes were seen)",
    "efficientvit_b0": "it has no attention",
    "halonet_h1": "do not all ask the same grid of tokens",
    "lambda_resnet26t": "it has no attention (3 other softmaxes were seen)",
    "pit_ti_224": "its 12 attention layers (12 token) do not all ask the same grid of tokens",
    "vit_dlittle_patch16_reg1_gap_256": "two softmaxes weigh the same values (blocks.0.attn)",
    "volo_d1_224": "softmax weights that are no attention (network.0.0.attn) mix places",
    "xcit_nano_12_p8_224": "its 14 attention layers (12 channel, 2 pooling) do not all ask the same grid of tokens",
}


@pytest.mark.parametrize("name", MODELS)
def test_model_is_explained(name: str) -> None:
    tried = trial(name)
    attention = PLAIN_VIT if name in PLAIN else {"raw-attention"} if name in STAGED else set()
    check_fits(tried.model, {"grad-cam"} | attention)
    check_values(tried.found)
    check_rows(tried.model, tried.pixel_values, tried.found, tolerance=1e-3)
    assert tried.changed == []
    found = facts(tried.model)
    assert REASONS.get(name, "") in found["reasons"].get("attention-rollout", "")
    assert (found["auto"] == "affinity-attention") == (name in PLAIN)
    assert {"family": family_of(name)} | found == read("timm")[name]


def test_every_family_is_tried() -> None:
    import timm

    families = {family for family in timm.list_modules() if timm.list_models(module=family)}
    assert families == set(FAMILIES)
    for family, row in FAMILIES.items():
        assert family_of(row["model"]) == family
    assert {*PLAIN, *STAGED, *REASONS, *CUT, *SMALLER, *DOUBLE} <= set(MODELS)


@pytest.mark.parametrize("family", ["convnext", "maxxvit", "vision_transformer"])
def test_the_smallest_is_as_written_down(family: str) -> None:
    import timm

    smallest, row = measured(FAMILIES[family]["model"])
    assert row == FAMILIES[family]
    for name in timm.list_models(module=family)[::9]:
        assert name.startswith("test_") or measured(name)[0] >= smallest, name


def test_every_model_has_its_row() -> None:
    assert read("versions")["timm"] == version("timm")
    assert set(read("timm")) == set(MODELS)


# Small instances of what keeps its tokens, or its windows, in an order of its own; not square where it may be so.
ORDERED: dict[str, dict[str, Any]] = {
    "davit_tiny": {"depths": (1, 1), "embed_dims": (16, 32), "num_heads": (2, 4)},
    "gcvit_xxtiny": {"img_size": 64},
    "hiera_tiny_224": {"stages": (1, 1, 1, 1), "img_size": (64, 96)},
    "nest_tiny": {"img_size": 64},
    "qwen3_vit_88m": {"depth": 2, "img_size": (64, 96)},
    "swinv2_cr_tiny_224": {"depths": (2, 2), "num_heads": (3, 6), "img_size": (64, 96), "window_size": 4},
    "twins_svt_small": {"depths": (2, 2, 2, 2), "img_size": (64, 96), "wss": (4, 4, 2, 2)},
    "volo_d1_224": {"img_size": 64},
}


@pytest.mark.parametrize("name", ORDERED)
def test_keys_lie_where_the_probe_says(name: str) -> None:
    settings = ORDERED[name]
    module = lively(created(name, settings))
    size = settings.get("img_size", (56, 84))
    size = (size, size) if isinstance(size, int) else size
    settled(module, x=noise(size, 8))
    model = load_model(module, mean=0.5, std=0.5, size=size)
    assert misplaced_keys(model, noise(size, 1)) == []
    placed = [layout for layout in model.probe().layouts if layout.kind == "window"]
    assert all(layout.placement is not None for layout in placed)
