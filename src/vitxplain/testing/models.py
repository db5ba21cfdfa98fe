"""Seeded models that build in milliseconds: a vision transformer, a convolutional network and two detectors."""

from collections.abc import Callable

import torch
from torch import nn

from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel

LABELS = ("circle", "square", "star", "cross", "line")
SIZE = (32, 48)
PEAK = 20.0


def tiny_vit() -> VisionModel:
    """A ViT of transformers: 2 layers, 2 heads, 32 x 48 px, hence 4 x 6 patches and a class token.

    At random weights attention is uniform and every map alike; so query and key weights are scaled up.
    """
    from transformers import ViTConfig, ViTForImageClassification

    def build() -> nn.Module:
        config = ViTConfig(
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            image_size=SIZE,
            patch_size=8,
            num_labels=len(LABELS),
            initializer_range=0.3,
        )
        module = ViTForImageClassification(config)
        for name, parameter in module.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight", "query.weight", "key.weight")):
                parameter.data.mul_(PEAK)
        return module

    return load_model(_seeded(build), mean=0.5, std=0.5, size=SIZE, labels=LABELS)


def tiny_cnn() -> VisionModel:
    """Three convolutions, global average pooling and one linear layer; 32 x 48 px, a last map of 4 x 6."""

    def build() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(16, len(LABELS)),
        )

    return load_model(_seeded(build), mean=0.5, std=0.5, size=SIZE, labels=LABELS)


def tiny_detector() -> VisionModel:
    """A Conditional DETR of transformers: 32 x 48 px, a map of 4 x 6, 6 queries; something is always found."""
    from transformers import ConditionalDetrConfig, ConditionalDetrForObjectDetection, ResNetConfig

    def build() -> nn.Module:
        backbone = ResNetConfig(
            embedding_size=8, hidden_sizes=[16, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
        )
        config = ConditionalDetrConfig(
            backbone_config=backbone,
            d_model=16,
            encoder_layers=1,
            decoder_layers=2,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            num_queries=6,
            num_labels=len(LABELS),
        )
        return ConditionalDetrForObjectDetection(config)

    return _lively_detector(build)


def tiny_deformable_detector() -> VisionModel:
    """A Deformable DETR of transformers: 32 x 48 px, maps of 8 x 12 and 4 x 6, 6 queries; something is always found."""
    from transformers import DeformableDetrConfig, DeformableDetrForObjectDetection, ResNetConfig

    def build() -> nn.Module:
        backbone = ResNetConfig(
            embedding_size=8,
            hidden_sizes=[16, 16],
            depths=[1, 1],
            layer_type="basic",
            out_features=["stage1", "stage2"],
        )
        config = DeformableDetrConfig(
            backbone_config=backbone,
            d_model=32,  # its groups are 32
            encoder_layers=1,
            decoder_layers=2,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            encoder_n_points=2,
            decoder_n_points=2,
            num_feature_levels=2,
            num_queries=6,
            num_labels=len(LABELS),
        )
        return DeformableDetrForObjectDetection(config)

    return _lively_detector(build)


def _lively_detector(build: Callable[[], nn.Module]) -> VisionModel:
    """With weights so large that queries differ, which are all alike as it is made; whatever it finds counts."""

    def redrawn() -> nn.Module:
        module = build()
        for parameter in module.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.4)
        return module

    return load_model(_seeded(redrawn), mean=0.5, std=0.5, size=SIZE, labels=LABELS).finding_from(0.0)


def _seeded(build: Callable[[], nn.Module]) -> nn.Module:
    """The module always the same, the caller's random numbers undisturbed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build().eval()
