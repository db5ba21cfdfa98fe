"""Two seeded models that build in milliseconds: a vision transformer and a convolutional network."""

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


def _seeded(build: Callable[[], nn.Module]) -> nn.Module:
    """The module always the same, the caller's random numbers undisturbed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build().eval()
