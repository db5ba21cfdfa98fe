"""A tiny, random detector or universal segmenter of every architecture of transformers, as data."""

from typing import Any

import torch
import transformers
from torch import nn
from transformers import PreTrainedConfig

from tests.sweeps.lively import lively, noise, settled

SIZE = (64, 96)  # height, width: 2 x 3 places after a stride of 32
NUM_QUERIES = 10

_LABELS = {"num_labels": 4}
_WIDTH = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48}
_HEADS = {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
_DETR = _LABELS | _WIDTH | _HEADS | {"num_queries": NUM_QUERIES}
_RT_DETR = _LABELS | {
    "d_model": 32,
    "encoder_hidden_dim": 32,
    "encoder_ffn_dim": 48,
    "encoder_attention_heads": 4,
    "encoder_in_channels": [16, 24, 32],
    "decoder_in_channels": [32, 32, 32],
    "decoder_ffn_dim": 48,
    "decoder_layers": 2,
    "decoder_attention_heads": 4,
    "num_queries": NUM_QUERIES,
    "num_denoising": 0,
}


def stages(*names: str) -> PreTrainedConfig:
    """A ResNet that gives the maps of these stages."""
    return transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], out_features=list(names)
    )


def _rt_resnet() -> PreTrainedConfig:
    return transformers.RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )


def _hgnet() -> PreTrainedConfig:
    return transformers.HGNetV2Config(
        embedding_size=8,
        stem_channels=[3, 8, 8],
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        stage_in_channels=[8, 8, 16, 24],
        stage_mid_channels=[8, 8, 8, 8],
        stage_out_channels=[8, 16, 24, 32],
        stage_num_blocks=[1, 1, 1, 1],
        stage_downsample=[False, True, True, True],
        stage_light_block=[False, False, True, True],
        stage_kernel_size=[3, 3, 5, 5],
        stage_numb_of_layers=[2, 2, 2, 2],
        out_features=["stage2", "stage3", "stage4"],
    )


def swin() -> PreTrainedConfig:
    return transformers.SwinConfig(
        image_size=96,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=3,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )


def _lw_vit() -> PreTrainedConfig:
    return transformers.LwDetrViTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=64,
        pretrain_image_size=64,
        num_windows=4,
        window_block_indices=[0],
        out_indices=[1, 2],
    )


def rf_dino() -> PreTrainedConfig:
    return transformers.RfDetrDinov2Config(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=64,
        patch_size=16,
        num_windows=2,
        out_indices=[1, 2],
    )


def _words() -> PreTrainedConfig:
    return transformers.BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48, vocab_size=64
    )


def _configs() -> dict[str, Any]:
    """Class of the model -> a function that makes its configuration."""
    t = transformers
    mask2former = {
        "feature_size": 32,
        "mask_feature_size": 32,
        "hidden_dim": 32,
        "encoder_feedforward_dim": 48,
        "encoder_layers": 2,
        "decoder_layers": 3,
        "num_attention_heads": 4,
        "dim_feedforward": 48,
        "num_queries": NUM_QUERIES,
    }
    decoder = {
        "d_model": 32,
        "decoder_ffn_dim": 48,
        "decoder_layers": 2,
        "decoder_self_attention_heads": 4,
        "decoder_cross_attention_heads": 4,
        "num_queries": NUM_QUERIES,
        "group_detr": 2,
    }
    return {
        "DetrForObjectDetection": lambda: t.DetrConfig(backbone_config=stages("stage4"), **_DETR),
        "TableTransformerForObjectDetection": lambda: t.TableTransformerConfig(
            backbone_config=stages("stage4"), **_DETR
        ),
        "ConditionalDetrForObjectDetection": lambda: t.ConditionalDetrConfig(backbone_config=stages("stage4"), **_DETR),
        "DabDetrForObjectDetection": lambda: t.DabDetrConfig(
            backbone_config=stages("stage4"), hidden_size=32, **{k: v for k, v in _DETR.items() if k != "d_model"}
        ),
        "DeformableDetrForObjectDetection": lambda: t.DeformableDetrConfig(
            backbone_config=stages("stage2", "stage3", "stage4"), num_feature_levels=4, with_box_refine=True, **_DETR
        ),
        "RTDetrForObjectDetection": lambda: t.RTDetrConfig(backbone_config=_rt_resnet(), **_RT_DETR),
        "RTDetrV2ForObjectDetection": lambda: t.RTDetrV2Config(backbone_config=_rt_resnet(), **_RT_DETR),
        "DFineForObjectDetection": lambda: t.DFineConfig(
            backbone_config=_hgnet(), decoder_n_points=[3, 4, 2], **_RT_DETR
        ),
        "Deimv2ForObjectDetection": lambda: t.Deimv2Config(backbone_config=_hgnet(), **_RT_DETR),
        "LwDetrForObjectDetection": lambda: t.LwDetrConfig(
            backbone_config=_lw_vit(), projector_scale_factors=[2.0, 0.5], **_LABELS, **decoder
        ),
        "RfDetrForObjectDetection": lambda: t.RfDetrConfig(backbone_config=rf_dino(), **_LABELS, **decoder),
        "Mask2FormerForUniversalSegmentation": lambda: t.Mask2FormerConfig(
            backbone_config=swin(), **_LABELS, **mask2former
        ),
        "OneFormerForUniversalSegmentation": lambda: t.OneFormerConfig(
            backbone_config=swin(),
            conv_dim=32,
            mask_dim=32,
            hidden_dim=32,
            encoder_feedforward_dim=48,
            encoder_layers=2,
            decoder_layers=3,
            num_attention_heads=4,
            dim_feedforward=48,
            num_queries=NUM_QUERIES,
            task_seq_len=7,
            text_encoder_width=32,
            text_encoder_context_length=7,
            text_encoder_num_layers=1,
            text_encoder_vocab_size=64,
            query_dec_layers=1,
            **_LABELS,
        ),
        "GroundingDinoForObjectDetection": lambda: t.GroundingDinoConfig(
            backbone_config=_swin_of_three(), text_config=_words(), max_text_len=16, **_DETR
        ),
        "MMGroundingDinoForObjectDetection": lambda: t.MMGroundingDinoConfig(
            backbone_config=_swin_of_three(), text_config=_words(), max_text_len=16, **_DETR
        ),
        "OmDetTurboForObjectDetection": lambda: t.OmDetTurboConfig(
            backbone_config=_swin_of_three(),
            text_config=t.CLIPTextConfig(
                bos_token_id=1,
                eos_token_id=3,
                hidden_size=24,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=48,
                vocab_size=64,
                projection_dim=24,
            ),
            image_size=64,
            apply_layernorm_after_vision_backbone=False,
            text_projection_in_dim=24,
            text_projection_out_dim=24,
            task_encoder_hidden_dim=32,
            class_embed_dim=24,
            num_queries=NUM_QUERIES,
            encoder_hidden_dim=32,
            vision_features_channels=[32, 32, 32],
            encoder_in_channels=[16, 32, 64],
            encoder_attention_heads=4,
            encoder_dim_feedforward=48,
            decoder_hidden_dim=32,
            decoder_num_heads=4,
            decoder_num_layers=2,
            decoder_dim_feedforward=48,
        ),
        "YolosForObjectDetection": lambda: t.YolosConfig(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=48,
            image_size=SIZE,
            num_detection_tokens=NUM_QUERIES,
            **_LABELS,
        ),
    }


def _swin_of_three() -> PreTrainedConfig:
    return transformers.SwinConfig(
        image_size=64,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=2,
        out_features=["stage2", "stage3", "stage4"],
    )


DETECTORS = tuple(_configs())


def detector(name: str, **changes: Any) -> nn.Module:
    """A small detector of that class with lively random weights."""
    torch.manual_seed(0)
    config = _configs()[name]()
    for key, value in changes.items():
        setattr(config, key, value)
    model = lively(getattr(transformers, name)._from_config(config))
    return settled(model, **detector_inputs(name, noise(SIZE, 4)))


def detector_inputs(name: str, pixel_values: torch.Tensor) -> dict[str, Any]:
    """What its forward pass takes beside the image: words, for those that ask for words."""
    count = len(pixel_values)
    words = torch.tensor([[2, 5, 6, 3, 7, 3, 0]]).repeat(count, 1)
    given: dict[str, Any] = {"pixel_values": pixel_values}
    if "GroundingDino" in name:
        given |= {"input_ids": words, "attention_mask": (words > 0).long(), "token_type_ids": torch.zeros_like(words)}
    elif "OmDet" in name:
        classes = torch.tensor([[2, 5, 3], [2, 6, 3]])
        given |= {
            "classes_input_ids": classes.repeat(count, 1),
            "classes_attention_mask": torch.ones(2 * count, 3).long(),
            "classes_structure": torch.tensor([2] * count),
            "tasks_input_ids": words,
            "tasks_attention_mask": torch.ones_like(words),
        }
    elif "OneFormer" in name:
        given |= {"task_inputs": words}
    return given
