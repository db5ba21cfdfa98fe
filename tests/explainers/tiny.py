"""Tiny seeded classifiers with peaked attention: random weights attend almost uniformly, which would hide mistakes."""

from collections.abc import Callable
from functools import cache

import torch
import transformers
from torch import nn

from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel

SIZE = (24, 40)  # height, width; patches of 8 px give a grid of 3 x 5
_VIT = {
    "image_size": SIZE,
    "patch_size": 8,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "num_labels": 5,
}


def sharpened(model: nn.Module, factor: float = 20.0) -> nn.Module:
    """The same model with query and key weights scaled, in evaluation mode."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.split(".")[-2] in ("query", "key", "q_proj", "k_proj"):
                weight.mul_(factor)
    return model.eval()


def vit_module(attention: str = "sdpa") -> nn.Module:
    torch.manual_seed(0)
    config = transformers.ViTConfig(**_VIT, attn_implementation=attention)
    return sharpened(transformers.ViTForImageClassification(config))


def distilled_module() -> nn.Module:
    torch.manual_seed(0)
    return sharpened(transformers.DeiTForImageClassificationWithTeacher(transformers.DeiTConfig(**_VIT)))


def registers_module() -> nn.Module:
    torch.manual_seed(0)
    config = transformers.Dinov2WithRegistersConfig(**_VIT | {"image_size": 32}, num_register_tokens=4)
    return sharpened(transformers.Dinov2WithRegistersForImageClassification(config))


def swin_module() -> nn.Module:
    torch.manual_seed(0)
    config = transformers.SwinConfig(
        image_size=32, patch_size=2, embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=4, num_labels=5
    )
    return sharpened(transformers.SwinForImageClassification(config))


def resnet_module() -> nn.Module:
    torch.manual_seed(0)
    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", num_labels=5
    )
    return transformers.ResNetForImageClassification(config).eval()


SIZES = {swin_module: (32, 32)}


@cache
def load(build: Callable[[], nn.Module]) -> VisionModel:
    """One of the models above, probed once for all tests: nobody changes a model."""
    return as_model(build(), SIZES.get(build, SIZE))


def as_model(module: nn.Module, size: tuple[int, int] = SIZE) -> VisionModel:
    return load_model(module, mean=0.5, std=0.5, size=size)


def images(number: int, size: tuple[int, int] = SIZE, seed: int = 0) -> torch.Tensor:
    return torch.randn(number, 3, *size, generator=torch.Generator().manual_seed(seed))
