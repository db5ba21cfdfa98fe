"""A tiny, random segmenter of every architecture of transformers, as data."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import torch
import transformers as t
from torch import nn
from transformers import PreTrainedConfig

from tests.sweeps.detector_models import NUM_QUERIES, rf_dino, stages, swin
from tests.sweeps.lively import lively, noise, settled

SIZE: Final = (64, 96)  # height, width
SQUARE: Final = (64, 64)
LABELS: Final = {"num_labels": 4}

_VIT: Final[dict[str, Any]] = {
    "hidden_size": 32,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "patch_size": 16,
}
_PYRAMID: Final = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 2, 4]}
_NECK: Final[dict[str, Any]] = {"neck_hidden_sizes": [8, 16, 24, 32], "fusion_hidden_size": 16}
_EOMT: Final = {"num_queries": NUM_QUERIES, "num_blocks": 2, "num_upscale_blocks": 2, "image_size": SQUARE[0]}
_OUT: Final = {"out_indices": [0, 1, 2, 3], "pool_scales": [1, 2]}
_DECODER: Final = {"decoder_layers": 2, "decoder_ffn_dim": 48, "num_queries": NUM_QUERIES}

SEMANTIC: Final[Mapping[str, Callable[[], PreTrainedConfig]]] = {
    "BeitForSemanticSegmentation": lambda: t.BeitConfig(image_size=SQUARE[0], **_OUT, **_VIT, **LABELS),
    "Data2VecVisionForSemanticSegmentation": lambda: t.Data2VecVisionConfig(
        image_size=SQUARE[0], use_relative_position_bias=True, **_OUT, **_VIT, **LABELS
    ),
    "DPTForSemanticSegmentation": lambda: t.DPTConfig(
        image_size=SQUARE[0], backbone_out_indices=[0, 1, 2, 3], use_auxiliary_head=False, **_NECK, **_VIT, **LABELS
    ),
    "MobileNetV2ForSemanticSegmentation": lambda: t.MobileNetV2Config(depth_multiplier=0.25, **LABELS),
    "MobileViTForSemanticSegmentation": lambda: t.MobileViTConfig(
        hidden_sizes=[16, 24, 32],
        neck_hidden_sizes=[8, 8, 16, 16, 24, 24, 32],
        num_attention_heads=2,
        aspp_out_channels=16,
        atrous_rates=[1, 2, 3],
        **LABELS,
    ),
    "MobileViTV2ForSemanticSegmentation": lambda: t.MobileViTV2Config(
        n_attn_blocks=[1, 1, 1],
        base_attn_unit_dims=[16, 24, 32],
        width_multiplier=0.25,
        aspp_out_channels=16,
        atrous_rates=[1, 2, 3],
        **LABELS,
    ),
    "Sapiens2ForSemanticSegmentation": lambda: t.Sapiens2Config(
        head_config=t.Sapiens2HeadConfig(upsample_out_channels=[16], conv_out_channels=[16]),
        image_size=SQUARE[0],
        num_register_tokens=2,
        num_key_value_attention_heads=1,
        num_first_full_attention_layers=1,
        num_last_full_attention_layers=1,
        **_VIT,
        **LABELS,
    ),
    "SegformerForSemanticSegmentation": lambda: t.SegformerConfig(decoder_hidden_size=16, **_PYRAMID, **LABELS),
    "Tipsv2DptForSemanticSegmentation": lambda: t.Tipsv2DptConfig(
        backbone_config=t.Tipsv2VisionConfig(
            image_size=SQUARE[0], out_features=["stage1", "stage2", "stage3", "stage4"], mlp_ratio=2,
            reshape_hidden_states=False,
            **{key: value for key, value in _VIT.items() if key != "intermediate_size"},
        ),
        **_NECK,
        **LABELS,
    ),
    "UperNetForSemanticSegmentation": lambda: t.UperNetConfig(
        backbone_config=t.ConvNextConfig(
            hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], out_features=["stage1", "stage2", "stage3", "stage4"]
        ),
        hidden_size=16,
        auxiliary_channels=8,
        auxiliary_in_channels=24,
        pool_scales=[1, 2],
        **LABELS,
    ),
}  # fmt: skip

MASKS: Final[Mapping[str, Callable[[], PreTrainedConfig]]] = {
    "DetrForSegmentation": lambda: t.DetrConfig(
        backbone_config=stages("stage1", "stage2", "stage3", "stage4"),
        d_model=64,
        encoder_layers=1,
        encoder_ffn_dim=48,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        **_DECODER,
        **LABELS,
    ),
    "EomtForUniversalSegmentation": lambda: t.EomtConfig(**_EOMT, **_VIT, **LABELS),
    "EomtDinov3ForUniversalSegmentation": lambda: t.EomtDinov3Config(**_EOMT, **_VIT, **LABELS),
    "Mask2FormerForUniversalSegmentation": lambda: t.Mask2FormerConfig(
        backbone_config=swin(), feature_size=32, mask_feature_size=32, hidden_dim=32, encoder_feedforward_dim=48,
        dim_feedforward=48, encoder_layers=2, decoder_layers=3, num_attention_heads=4, num_queries=NUM_QUERIES,
        **LABELS,
    ),
    "MaskFormerForInstanceSegmentation": lambda: t.MaskFormerConfig(
        backbone_config=swin(),
        decoder_config=t.DetrConfig(
            d_model=32, encoder_layers=0, decoder_attention_heads=4, encoder_attention_heads=4, **_DECODER
        ),
        fpn_feature_size=32,
        mask_feature_size=32,
        **LABELS,
    ),
    "OneFormerForUniversalSegmentation": lambda: t.OneFormerConfig(
        backbone_config=swin(), conv_dim=32, mask_dim=32, hidden_dim=32, encoder_feedforward_dim=48, encoder_layers=2,
        decoder_layers=3, num_attention_heads=4, dim_feedforward=48, num_queries=NUM_QUERIES, text_encoder_width=64,
        text_encoder_num_layers=1, text_encoder_n_ctx=0, text_encoder_vocab_size=64, query_dec_layers=1, **LABELS,
    ),
    "RfDetrForInstanceSegmentation": lambda: t.RfDetrConfig(
        backbone_config=rf_dino(), d_model=32, decoder_self_attention_heads=4, decoder_cross_attention_heads=4,
        group_detr=2, **_DECODER, **LABELS,
    ),
}  # fmt: skip

SEGMENTERS: Final = {**SEMANTIC, **MASKS}
SIZES: Final = {
    name: SQUARE for name in SEGMENTERS if name.startswith(("Data2", "Beit", "DPT", "Eomt", "Tips", "Sapiens"))
}


def segmenter(name: str) -> nn.Module:
    """A small segmenter of that class with lively random weights."""
    torch.manual_seed(0)
    model = lively(getattr(t, name)._from_config(SEGMENTERS[name]()))
    words = {"task_inputs": torch.zeros(8, 77, dtype=torch.long)} if name.startswith("OneFormer") else {}
    return settled(model, pixel_values=noise(SIZES.get(name, SIZE), 8), **words)


def told_its_task() -> t.OneFormerProcessor:
    """What makes images and words the input of OneFormer, with a tokenizer of single letters."""
    letters = ["<|startoftext|>", "<|endoftext|>", *(letter + end for letter in "acehiknopst" for end in ("", "</w>"))]
    with tempfile.TemporaryDirectory() as folder:
        names = {str(number): {"name": f"class {number}", "isthing": 1} for number in range(4)}
        (Path(folder) / "classes.json").write_text(json.dumps(names), "utf-8")
        images = t.OneFormerImageProcessorPil(
            class_info_file="classes.json", repo_path=folder, num_text=3, size={"shortest_edge": 64, "longest_edge": 96}
        )
    words = t.CLIPTokenizer(vocab={letter: number for number, letter in enumerate(letters)}, merges=[])
    return t.OneFormerProcessor(image_processor=images, tokenizer=words, max_seq_length=77, task_seq_length=77)
