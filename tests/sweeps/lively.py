"""Random weights that do something: fresh models attend almost uniformly, start blocks at zero and heads at nothing."""

import re

import torch
from torch import Tensor, nn

_QUERY_KEY = re.compile(r"(^|[._])(q|k|query|key|queries|keys)(_proj(ection)?|_?linear|_conv)?(\.|$)|to_[qk]\b")
_FUSED = re.compile(r"qkv|in_proj")
SHARPENED = 2.0  # query and key are this much longer, so that attention is peaked


def noise(size: tuple[int, int], number: int = 3, channels: int = 3) -> Tensor:
    """Ready pixel_values: as many different images."""
    return torch.randn(number, channels, *size, generator=torch.Generator().manual_seed(1))


def lively(module: nn.Module, seed: int = 0) -> nn.Module:
    """The same module with every weight drawn anew, in evaluation mode.

    Products keep their variance, nothing starts at zero, layer scale does not silence its block, attention is peaked.
    """
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, part in module.named_modules():
            for own, parameter in part.named_parameters(recurse=False):
                _redraw(part, own, parameter, draw)
                _sharpen(f"{name}.{own}", parameter)
    return module.eval()


def settled(module: nn.Module, **inputs: Tensor) -> nn.Module:
    """The same module, its batch normalisations used to these inputs, as training would have made them."""
    norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average
        norm.train()
    with torch.no_grad():
        if norms:
            module(**inputs)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return module.eval()


def _redraw(part: nn.Module, name: str, parameter: Tensor, draw: torch.Generator) -> None:
    first = parameter.flatten()[0].item() if parameter.numel() else 1.0
    constant = bool((parameter == first).all())
    if isinstance(part, nn.modules.conv._ConvNd) and parameter.dim() > 1:
        parameter.normal_(std=(2 / parameter[0].numel()) ** 0.5, generator=draw)
    elif isinstance(part, (nn.Linear, nn.MultiheadAttention)) and parameter.dim() > 1:
        parameter.normal_(std=parameter.shape[1] ** -0.5, generator=draw)
    elif "bias" in name and parameter.dim() == 1:
        parameter.normal_(std=0.1, generator=draw)
    elif parameter.dim() > 1 and (not constant or first == 0):  # class tokens, tables of positions
        parameter.normal_(std=0.5, generator=draw)
    elif parameter.numel() > 1 and (not constant or abs(first) < 0.9):  # layer scale, normalisation
        parameter.fill_(1.0)


def _sharpen(name: str, parameter: Tensor) -> None:
    if parameter.dim() < 2:
        return
    if _FUSED.search(name):
        parameter[: len(parameter) * 2 // 3].mul_(SHARPENED)
    elif _QUERY_KEY.search(name.removesuffix(".weight")):
        parameter.mul_(SHARPENED)
