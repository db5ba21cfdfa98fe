"""The smallest of every family of torchvision's classifiers, lively, and what is found of them."""

from typing import Any

import torch
from torch import nn

from tests.sweeps.checks import Trial, facts, tried
from tests.sweeps.lively import lively, noise, settled
from vitxplain.models.loading.load import load_model

CLASSES = 10
SIZE = (224, 224)

# Family (a module of torchvision.models) -> models.
FAMILIES = {
    "alexnet": ["alexnet"],
    "convnext": ["convnext_tiny"],
    "densenet": ["densenet121"],
    "efficientnet": ["efficientnet_b0", "efficientnet_v2_s"],
    "googlenet": ["googlenet"],
    "inception": ["inception_v3"],
    "maxvit": ["maxvit_t"],
    "mnasnet": ["mnasnet0_5"],
    "mobilenetv2": ["mobilenet_v2"],
    "mobilenetv3": ["mobilenet_v3_small", "mobilenet_v3_large"],
    "regnet": ["regnet_x_400mf", "regnet_y_400mf"],
    "resnet": ["resnet18", "resnext50_32x4d"],
    "shufflenetv2": ["shufflenet_v2_x0_5"],
    "squeezenet": ["squeezenet1_0"],
    "swin_transformer": ["swin_t", "swin_v2_t"],
    "vgg": ["vgg11", "vgg11_bn"],
    "vision_transformer": ["vit_b_16"],
}
MODELS = {name: family for family, names in FAMILIES.items() for name in names}
SETTINGS: dict[str, dict[str, Any]] = {
    "googlenet": {"aux_logits": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "init_weights": False},
    "vit_b_16": {"image_size": 96},
}
SIZES = {"inception_v3": (139, 171), "vit_b_16": (96, 96)}


def created(name: str) -> nn.Module:
    from torchvision import models

    torch.manual_seed(0)
    return models.get_model(name, weights=None, num_classes=CLASSES, **SETTINGS.get(name, {}))


def trial(name: str) -> Trial:
    """What comes of a model of this name."""
    size = SIZES.get(name, SIZE)
    module = settled(lively(created(name)), x=noise(size, 8))
    return tried(name, module, lambda module: load_model(module, mean=0.5, std=0.5, size=size))


def rows() -> dict[str, Any]:
    """The table of supported models."""
    return {name: {"family": family} | facts(trial(name).model) for name, family in MODELS.items()}
