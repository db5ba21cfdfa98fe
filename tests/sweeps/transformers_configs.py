"""A tiny configuration of every image classifier of transformers, as data.

Whatever a configuration (or its `vision_config`) has of `SMALL` is made small; `CHANGES`, by model type, says what else
an architecture needs. Images are not square where the architecture allows it.
"""

from collections.abc import Mapping
from typing import Any

from transformers import AutoConfig, PreTrainedConfig

WIDE = (48, 80)  # height, width: 3 x 5 patches of 16 px
SQUARE = (64, 64)  # where one number is all a configuration takes
PYRAMID = (64, 96)  # 2 x 3 places after a stride of 32

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "pooler_output_size": 32,
    "projection_dim": 32,
    "encoder_stride": 16,
    "image_size": WIDE,
    "patch_size": 16,
}

# Of models that have a text part as well.
TEXT = {"vocab_size": 32, "head_dim": 16, "num_key_value_heads": 1, "layer_types": ["full_attention"] * 2}

# Four stages of one block each.
_STAGES = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "image_size": PYRAMID}
# Two stages, the second block of each shifted: 16 x 24 and 8 x 12 tokens in windows of 4 x 4.
_SWIN = {
    "image_size": PYRAMID,
    "patch_size": 4,
    "embed_dim": 16,
    "depths": [2, 2],
    "num_heads": [2, 4],
    "window_size": 4,
    "hidden_size": 32,
}
_PYRAMID_ATTENTION = _STAGES | {"num_attention_heads": [1, 2, 2, 4]}

CHANGES: dict[str, dict[str, Any]] = {
    "beit": {"use_relative_position_bias": True},  # as every published one
    "bit": _STAGES | {"embedding_size": 8, "num_groups": 2},
    "clip": {"image_size": SQUARE[0]},
    "convnext": _STAGES | {"patch_size": 4},
    "convnextv2": _STAGES | {"patch_size": 4},
    "cvt": {"embed_dim": [8, 16, 24], "num_heads": [1, 2, 3], "depth": [1, 2, 3], "image_size": PYRAMID},
    "data2vec-vision": {"use_relative_position_bias": True},
    "dinov2": {"image_size": SQUARE[0]},  # its position table must be square; it is interpolated to WIDE
    "dinov2_with_registers": {"image_size": SQUARE[0]},
    "donut-swin": _SWIN,
    "efficientnet": {"width_coefficient": 0.25, "depth_coefficient": 0.25, "hidden_dim": 320, "image_size": PYRAMID},
    "focalnet": _STAGES | {"embed_dim": 8, "patch_size": 4, "focal_levels": [2] * 4, "focal_windows": [3] * 4},
    "hgnet_v2": _STAGES
    | {
        "embedding_size": 8,
        "stem_channels": [3, 8, 8],
        "stage_in_channels": [8, 16, 24, 32],
        "stage_mid_channels": [8, 8, 8, 8],
        "stage_out_channels": [16, 24, 32, 32],
        "stage_num_blocks": [1, 1, 1, 1],
        "stage_numb_of_layers": [2, 2, 2, 2],
    },
    "hiera": {"image_size": list(SQUARE), "patch_size": [7, 7], "embed_dim": 8, "depths": [1, 1, 2, 1]},
    "levit": {
        "image_size": PYRAMID[0] * 2,
        "hidden_sizes": [16, 24, 32],
        "num_attention_heads": [2, 3, 4],
        "depths": [1, 1, 1],
        "key_dim": [8, 8, 8],
        "down_ops": [["Subsample", 8, 2, 4, 2, 2], ["Subsample", 8, 3, 4, 2, 2]],
    },
    "metaclip_2": {"image_size": SQUARE[0]},
    "mobilenet_v1": {"depth_multiplier": 0.25},
    "mobilenet_v2": {"depth_multiplier": 0.25},
    "mobilevit": {
        "image_size": PYRAMID,
        "patch_size": 2,
        "hidden_sizes": [16, 24, 32],
        "neck_hidden_sizes": [8, 8, 16, 16, 24, 24, 32],
    },
    "mobilevitv2": {
        "image_size": PYRAMID,
        "patch_size": 2,
        "n_attn_blocks": [1, 1, 1],
        "base_attn_unit_dims": [16, 24, 32],
        "width_multiplier": 0.25,
    },
    "perceiver": {
        "image_size": 32,
        "num_latents": 8,
        "d_latents": 16,
        "num_self_attends_per_block": 1,
        "num_self_attention_heads": 2,
        "num_cross_attention_heads": 1,
    },
    "poolformer": _STAGES,
    "pp_lcnet": {"scale": 0.25, "class_expand": 64},
    "pvt": _PYRAMID_ATTENTION | {"image_size": PYRAMID[0], "mlp_ratios": [2] * 4},
    "pvt_v2": _PYRAMID_ATTENTION | {"mlp_ratios": [2] * 4},
    "regnet": _STAGES | {"embedding_size": 8, "groups_width": 8},
    "resnet": _STAGES | {"embedding_size": 8},
    "segformer": _PYRAMID_ATTENTION,
    "shieldgemma2": {"image_size": SQUARE[0]},
    "siglip": {"image_size": SQUARE[0]},
    "siglip2": {"num_patches": 16},
    "swiftformer": {"embed_dims": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "image_size": PYRAMID},
    "swin": _SWIN,
    "swinv2": _SWIN | {"pretrained_window_sizes": [0, 0]},
    "timm_wrapper": {
        "architecture": "vit_tiny_patch16_224",
        "model_args": {"img_size": WIDE, "depth": 2, "embed_dim": 32, "num_heads": 2},
    },
    "textnet": {
        "stem_out_channels": 8,
        "hidden_sizes": [8, 8, 16, 24, 32],
        "conv_layer_kernel_sizes": [[[3, 3]], [[3, 3], [1, 3]], [[3, 3], [3, 1]], [[3, 3], [3, 3]]],
        "conv_layer_strides": [[1], [2, 1], [2, 1], [2, 1]],
        "image_size": list(PYRAMID),
    },
}

# The (height, width) of the input where it is not the configuration's own.
INPUTS = {"dinov2": WIDE, "dinov2_with_registers": WIDE}


def tiny_config(model_type: str, **changes: Any) -> PreTrainedConfig:
    """The default configuration of this type, made small, with five classes."""
    changes = CHANGES.get(model_type, {}) | changes
    config = AutoConfig.for_model(model_type, num_labels=5)
    _set(getattr(config, "vision_config", config), SMALL, changes)
    if hasattr(config, "text_config"):
        _set(config.text_config, SMALL | TEXT, {})
    return config


def _set(config: PreTrainedConfig, usual: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    known = config.to_dict()
    for name, value in {**usual, **own}.items():
        if name in own or name in known:
            setattr(config, name, value)


def input_size(model_type: str) -> tuple[int, int]:
    """(height, width) of the images this type is tried on."""
    size = INPUTS.get(model_type) or CHANGES.get(model_type, {}).get("image_size", WIDE)
    return (size, size) if isinstance(size, int) else tuple(size)
