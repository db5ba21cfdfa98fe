"""One small, lively model of every family of timm, some more where one says too little, and what is found of them."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tests.sweeps.checks import Trial, facts, tried
from tests.sweeps.lively import lively, noise, settled
from vitxplain.models.loading.load import load_model

FAMILIES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("timm_models.json").read_text("utf-8"))
CLASSES = 10

# Fewer layers of the same kind, or a smaller image, where the whole would take a minute: plain transformers of the
# base size and beyond, and the widest of the old networks.
CUT: dict[str, dict[str, Any]] = {
    "beit_base_patch16_224": {"depth": 3},
    "deepseek_vit_412m": {"depth": 2, "img_size": (140, 182)},
    "gemma4_vit_167m": {"depth": 2, "img_size": (192, 240)},
    "naflexvit_base_patch16_parfac_gap": {"depth": 2},
    "qwen3_vit_88m": {"depth": 2, "img_size": (192, 256)},
    "samvit_base_patch16_224": {"depth": 3},
}
SMALLER = {
    "convmixer_768_32": 112,
    "csatv2": 256,
    "inception_resnet_v2": 139,
    "inception_v4": 139,
    "legacy_xception": 149,
    "mobilenetv5_base": 128,
    "nasnetalarge": 107,
    "pnasnet5large": 107,
    "vgg11": 112,
    "xception41p": 149,
}

DOUBLE = {"nf_regnet_b0"}  # without any normalisation rounding grows so much that no two batches agree

# What the smallest of a family does not have: another attention, distillation, registers, a pooling head.
MORE: dict[str, dict[str, Any]] = {
    "caformer_s18": {},
    "coatnet_nano_cc_224": {},
    "crossvit_9_dagger_240": {},
    "deit_tiny_distilled_patch16_224": {},
    "eca_botnext26ts_256": {},
    "gcresnet33ts": {},
    "hiera_small_abswin_256": {},
    "lambda_resnet26t": {},
    "mixer_s32_224": {},
    "naflexvit_base_patch16_map": {"depth": 2},
    "vit_base_patch16_rope_224": {"depth": 3},
    "vit_base_patch16_siglip_224": {"depth": 3},
    "vit_base_patch16_siglip_gap_224": {"depth": 3},
    "vit_dlittle_patch16_reg1_gap_256": {"depth": 3},
    "vit_relpos_small_patch16_224": {"depth": 3},
    "vit_small_patch14_reg4_dinov2": {"depth": 3, "img_size": (140, 196)},
    "vit_small_patch16_dinov3": {"depth": 3, "img_size": (128, 192)},
    "vit_small_resnet26d_224": {"depth": 3},
}


def family_of(name: str) -> str:
    import timm

    return timm.models.model_entrypoint(name).__module__.rpartition(".")[2]


MODELS = {row["model"]: CUT.get(row["model"], {}) for row in FAMILIES.values()} | MORE  # and their settings


def created(name: str, settings: dict[str, Any]) -> nn.Module:
    """The module with a small head; those made for features get one."""
    import timm

    torch.manual_seed(0)
    return timm.create_model(name, num_classes=CLASSES, **settings)


def trial(name: str) -> Trial:
    """What comes of a model of this name."""
    settings = MODELS[name]
    module = created(name, settings)
    own, stated = module.pretrained_cfg["input_size"][-2:], settings.get("img_size") or SMALLER.get(name)
    size = (stated, stated) if isinstance(stated, int) else tuple(stated or own)
    settled(lively(module), x=noise(size, 8))
    with torch.no_grad():
        module(noise(size, 1))  # some make a buffer of their own on first use
    module = module.double() if name in DOUBLE else module
    return tried(name, module, lambda module: load_model(module, size=size if stated else None))


def rows() -> dict[str, Any]:
    """The table of supported models."""
    return {name: {"family": family_of(name)} | facts(trial(name).model) for name in MODELS}
