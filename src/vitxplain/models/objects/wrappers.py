"""Wrappers around a network that compute the same: taken off, so that names, configuration and layers are its own."""

from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel

from vitxplain.errors import ModelLoadError
from vitxplain.models.objects.libraries import is_instance_of

# Of other libraries: the library, its wrappers, and the attribute that holds the network.
_FOREIGN = (
    ("timm", ("ModelEma", "ModelEmaV2", "ModelEmaV3"), "module"),
    ("deepspeed", ("DeepSpeedEngine",), "module"),
    ("lightning", ("_FabricModule",), "module"),
    ("lightning_fabric", ("_FabricModule",), "module"),
)


def unwrap(module: nn.Module) -> nn.Module:
    """The network itself, under any number of wrappers: of parallel training, the compiler, averages, adapters.

    A module of any other kind that holds another one stays as it is: its own forward may do more.

    Raises:
        ModelLoadError: an adapter of peft that works on prompts, which no image model takes.
    """
    while (inner := _inside(module)) is not None:
        module = inner
    return module


def _inside(module: Any) -> nn.Module | None:
    if isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)):
        return module.module
    if isinstance(compiled := getattr(module, "_orig_mod", None), nn.Module):
        return compiled
    if is_instance_of(module, "peft", "PeftModel", "PeftMixedModel"):
        return _under_adapters(module)
    if not _has_forward(module):
        return _only_network(module)
    attributes = (attribute for library, names, attribute in _FOREIGN if is_instance_of(module, library, *names))
    inner = getattr(module, next(attributes, ""), None)
    return inner if isinstance(inner, nn.Module) else None


def _has_forward(module: nn.Module) -> bool:
    """Whether a forward was written for it; Lightning's own stands for none."""
    if "forward" in vars(module):
        return True
    owner = next(base for base in type(module).__mro__ if "forward" in vars(base))
    lightning = owner.__name__ == "LightningModule" and "lightning" in owner.__module__
    return owner is not nn.Module and not lightning


def _only_network(module: nn.Module) -> nn.Module | None:
    """The network inside a module that has no forward of its own, as modules of Lightning may; losses learn nothing.

    Raises:
        ModelLoadError: it holds none, or several.
    """
    inside = {name: part for name, part in module.named_children() if any(True for _ in part.parameters())}
    if len(inside) == 1 and not isinstance(part := next(iter(inside.values())), (nn.ModuleList, nn.ModuleDict)):
        return part
    name = type(module).__name__
    parts = ", ".join(f"module.{child}" for child in [*inside][:5]) or "no network"
    raise ModelLoadError(
        f"{name} has no forward, so how it uses what it holds is not known ({parts}); give the network itself, such as "
        f"load_model(module.{next(iter(inside), 'network')}, ...), or write {name}.forward."
    )


def _under_adapters(module: Any) -> nn.Module:
    """The base model with the adapters' layers in it, which stay as active as they are."""
    tuner = module.base_model
    if not is_instance_of(tuner, "peft", "BaseTuner"):  # prompts are put before the tokens of a text
        raise ModelLoadError(
            f"{type(module).__name__} learns prompts, not layers ({module.active_adapter}), and no image model takes "
            "them; give the base model, or one with adapters such as LoRA."
        )
    return tuner.model
