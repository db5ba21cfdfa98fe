"""Everything about a module that an explanation must leave as it found it."""

from typing import Any

from torch import nn

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def snapshot(module: nn.Module) -> dict[str, Any]:
    """What can be compared before and after, by a name that says what it is."""
    facts: dict[str, Any] = {
        "attention implementation": getattr(getattr(module, "config", None), "_attn_implementation", 0)
    }
    for name, part in module.named_modules():
        label = name or "the model itself"
        facts[f"training flag of {label}"] = part.training
        facts[f"forward of {label}"] = part.__dict__.get("forward")
        facts[f"hooks of {label}"] = sum(len(getattr(part, hooks)) for hooks in HOOKS)
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        facts[f"requires_grad of {name}"] = tensor.requires_grad
        facts[f"gradient of {name}"] = None if tensor.grad is None else tensor.grad.clone().tolist()
        facts[f"type and place of {name}"] = (tensor.dtype, tensor.device, tensor.data_ptr())
        facts[f"values of {name}"] = tensor.detach().float().cpu().tolist()
    return facts


def difference(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """The first thing that changed, in words; None if nothing did."""
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    return f"{changed[0]} changed" if changed else None
