"""What of a module must be as it was found."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Flags, hooks, gradients, numbers and attributes of every part, and the state of the random numbers."""

    parts: dict[str, Any]
    parameters: dict[str, Any]
    numbers: dict[str, Tensor]
    attention: str | None
    random: Tensor

    @classmethod
    def of(cls, module: nn.Module) -> "Snapshot":
        return cls(
            parts={
                name: (part.training, sorted(part.__dict__), [len(getattr(part, hooks)) for hooks in _HOOKS])
                for name, part in module.named_modules()
            },
            parameters={name: (one.requires_grad, id(one), id(one.grad)) for name, one in module.named_parameters()},
            numbers={name: one.detach().clone() for name, one in _tensors(module).items()},
            attention=getattr(getattr(module, "config", None), "_attn_implementation", None),
            random=torch.get_rng_state(),
        )

    def differences(self, module: nn.Module) -> list[str]:
        """What has changed since, in words; empty if nothing."""
        now = Snapshot.of(module)
        changed = [f"part {name!r}" for name in self.parts if self.parts[name] != now.parts.get(name)]
        changed += [f"parameter {name}" for name in self.parameters if self.parameters[name] != now.parameters[name]]
        changed += [f"number {name}" for name in self.numbers if not torch.equal(self.numbers[name], now.numbers[name])]
        changed += [f"attention is {now.attention}"] if self.attention != now.attention else []
        return changed + ([] if torch.equal(self.random, now.random) else ["random numbers were drawn"])


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    gradients = {f"{name}.grad": one.grad for name, one in module.named_parameters() if one.grad is not None}
    return {**own, **gradients}


def unusual(module: nn.Module) -> nn.Module:
    """The module as somebody may hold it: half in training mode, some parameters frozen, one with a gradient."""
    module.train()
    for index, part in enumerate(module.children()):
        part.train(index % 2 == 0)
    parameters = list(module.parameters())
    for parameter in parameters[::2]:
        parameter.requires_grad_(False)
    parameters[-1].grad = torch.ones_like(parameters[-1])
    return module
