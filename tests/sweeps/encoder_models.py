"""A tiny, random image encoder without a head of every architecture of transformers, as data."""

from collections.abc import Mapping
from typing import Any, Final

import torch
import transformers
from torch import nn
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_MAPPING_NAMES as IMAGE

from tests.sweeps.lively import lively, noise, settled
from tests.sweeps.transformers_configs import SQUARE, WIDE, input_size, tiny_config

_CONVOLUTIONS: Final = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}

# Model type -> what its configuration needs beside what classifiers of that type do.
CHANGES: Final[Mapping[str, dict[str, Any]]] = {
    "aimv2_vision_model": {"image_size": SQUARE[0]},
    "dinov3_convnext": _CONVOLUTIONS,
    "dpt": {"image_size": SQUARE[0], "backbone_out_indices": [0, 1], "neck_hidden_sizes": [8, 16]},
    "mlcd_vision_model": {"image_size": SQUARE[0]},
    "pixio": {"image_size": SQUARE[0]},
    "siglip_vision_model": {"image_size": SQUARE[0]},
    "tipsv2_vision_model": {"image_size": SQUARE[0]},
    "vit_mae": {"image_size": SQUARE[0], "mask_ratio": 0.0},
    "vitdet": {"image_size": SQUARE[0], "pretrain_image_size": SQUARE[0]},
}
# Those that no list of transformers has.
FURTHER: Final = {
    "CLIPVisionModel": "clip_vision_model",
    "Siglip2VisionModel": "siglip2_vision_model",
    "ChineseCLIPVisionModel": "chinese_clip_vision_model",
    "BlipVisionModel": "blip_vision_model",
}
_NEED_LIBRARIES: Final = {"DinatModel", "TimmBackbone", "TimmWrapperModel"}  # natten, timm
_PARTS: Final = {"Cohere2VisionModel", "Llama4VisionModel", "MllamaVisionModel"}  # of language models
# Told what they are in tests/models/test_tasks.py: detectors, videos, depth, super-resolution.
_OTHERS: Final = """
    ConditionalDetrModel DabDetrModel DeformableDetrModel DepthProModel DetrModel GLPNModel ImageGPTModel Swin2SRModel
    TableTransformerModel TimesformerModel VideoMAEModel VideoPrismVisionModel VivitModel
""".split()

ENCODERS: Final = {
    name: kind for kind, name in IMAGE.items() if name not in {*_NEED_LIBRARIES, *_PARTS, *_OTHERS}
} | FURTHER


def encoder_size(name: str) -> tuple[int, int]:
    """(height, width) of the images this encoder is tried on."""
    kind = ENCODERS[name]
    return SQUARE if kind in CHANGES or name in FURTHER else input_size(kind)


def encoder(name: str) -> nn.Module:
    """A small encoder of that class with lively random weights."""
    torch.manual_seed(0)
    kind = ENCODERS[name]
    square = {"image_size": SQUARE[0]} if name in FURTHER and kind != "siglip2_vision_model" else {}
    changes = CHANGES.get(kind, square)
    model = lively(getattr(transformers, name)._from_config(tiny_config(kind, **changes)))
    size = encoder_size(name)
    return model if size in (SQUARE, WIDE) else settled(model, pixel_values=noise(size, 8))
