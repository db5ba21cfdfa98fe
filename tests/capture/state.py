"""Everything a pass could leave changed: of the model, of the thread and of the process."""

from typing import Any

import numpy as np
import torch
from torch import nn

HOOKS = (
    "_forward_pre_hooks", "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
    "_forward_pre_hooks_with_kwargs", "_backward_pre_hooks", "_backward_hooks", "_state_dict_hooks",
)  # fmt: skip


def state(module: nn.Module, *, same_objects: bool = True) -> dict[str, Any]:
    """Equal before and after, if the module was left as found and nothing around it changed.

    `same_objects`: the very same parameters and buffers; accelerate makes new ones whenever it loads weights.
    """

    def which(tensor: torch.Tensor | None) -> int | None:
        return id(tensor) if same_objects else None

    implementations = {
        name: part.config._attn_implementation
        for name, part in module.named_modules()
        if hasattr(getattr(part, "config", None), "_attn_implementation")
    }
    return {
        "training": {name: part.training for name, part in module.named_modules()},
        "hooks": {name: [list(getattr(part, kind)) for kind in HOOKS] for name, part in module.named_modules()},
        "attributes": {name: sorted(vars(part)) for name, part in module.named_modules()},
        "checkpointing": {
            name: [getattr(part, flag, None) for flag in ("gradient_checkpointing", "grad_checkpointing")]
            for name, part in module.named_modules()
        },
        "parameters": {
            name: (
                which(one),
                one._version,
                one.requires_grad,
                one.dtype,
                one.device,
                which(one.grad),
                one._backward_hooks,
            )
            for name, one in module.named_parameters()
        },
        "gradients": {name: one.grad._version for name, one in module.named_parameters() if one.grad is not None},
        "buffers": {name: (which(one), one._version, one.dtype) for name, one in module.named_buffers()},
        "implementations": implementations,
        "forwards": {name: part.__dict__.get("forward") for name, part in module.named_modules()},
        "modes": (
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            len(torch.overrides._get_current_function_mode_stack()),
            torch._dynamo.eval_frame._stance.stance,
            torch.get_default_dtype(),
            torch.are_deterministic_algorithms_enabled(),
        ),
        # Python's own generator is left out: the run-time checker of the tests draws from it.
        "generators": (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()),
    }
