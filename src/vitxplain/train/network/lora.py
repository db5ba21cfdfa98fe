"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685) on every linear layer but the head, through peft."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from vitxplain.errors import OptionError
from vitxplain.models.plain_pass import logits_of_grey_image
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.parse import option_types, parse
from vitxplain.train.config.lora_options import LoraOptions


def split_options(options: Mapping[str, Any], mode: str) -> tuple[dict[str, Any], LoraOptions]:
    """The model's own options, and those of the adapters; texts of the latter are read by type.

    Raises:
        OptionError: a value an adapter cannot take, or one for adapters where there are none.
    """
    hints = option_types(LoraOptions)
    adapter_options = {name: value for name, value in options.items() if name in hints}
    if adapter_options and mode != "lora":
        raise OptionError(f"{', '.join(adapter_options)}: only mode=lora has adapters; leave it out, or add mode=lora.")
    values = {
        name: parse(name, value, hints[name]) if isinstance(value, str) else value
        for name, value in adapter_options.items()
    }
    return {name: value for name, value in options.items() if name not in hints}, LoraOptions(**values)


def add_adapters(model: VisionModel, heads: tuple[str, ...], options: LoraOptions) -> None:
    """Put an adapter on each linear layer that runs, the heads aside; all else but these is frozen.

    Raises:
        OptionError: no linear layer runs beside the head, as in most CNNs.
    """
    from peft import LoraConfig, inject_adapter_in_model

    layers = _running_linear_layers(model)
    targets = sorted(set(layers) - set(heads))
    if not targets:
        raise OptionError(
            f"mode=lora does not fit {model.source}: it has no linear layers beside its head. Use mode=head "
            "or mode=full."
        )
    settings = LoraConfig(
        r=options.lora_rank,
        lora_alpha=options.lora_alpha,
        lora_dropout=options.lora_dropout,
        target_modules=targets,
        exclude_modules=list(heads),  # peft takes a target for the end of a name
    )
    inject_adapter_in_model(settings, model.module)


def merge_adapters(module: nn.Module) -> nn.Module:
    """A copy of the network with the adapters added into the layers they sit on, and removed."""
    from peft.tuners.lora import LoraLayer

    copy = deepcopy(module)
    for name, layer in list(copy.named_modules()):
        if isinstance(layer, LoraLayer):
            layer.merge()
            base = layer.get_base_layer()
            copy.set_submodule(name, base)
    return copy.requires_grad_(True)


def _running_linear_layers(model: VisionModel) -> list[str]:
    """Paths of linear layers that are called; other modules may read weights alone (nn.MultiheadAttention does)."""
    paths: list[str] = []

    def hook(name: str) -> Any:
        return lambda *_: paths.append(name)

    handles = [
        part.register_forward_hook(hook(name))
        for name, part in model.module.named_modules()
        if isinstance(part, nn.Linear)
    ]
    try:
        with torch.random.fork_rng(devices=[]):
            logits_of_grey_image(model)
    finally:
        for handle in handles:
            handle.remove()
    return paths
