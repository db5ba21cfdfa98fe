"""Quantised models: layers of whole numbers compute no gradient, and say nothing when they are asked for one."""

from typing import Any

from torch import nn

from vitxplain.types import TaskLogits

_NO_DERIVATIVE = "NotImplemented"  # in the name of the step that PyTorch puts where an operation has no gradient


def without_gradient(logits: TaskLogits, module: nn.Module) -> str | None:
    """Why the gradient of the logits stops on the way, as a clause; None where each step has one.

    PyTorch itself goes on with zeros and a warning.
    """
    done = set()
    todo: list[Any] = [logits.grad_fn]
    while todo:
        step = todo.pop()
        if step is None or step in done:
            continue
        if _NO_DERIVATIVE in step.name():
            return _reason(module)
        done.add(step)
        todo += [before for before, _ in step.next_functions]
    return None


def _reason(module: nn.Module) -> str:
    for name, part in module.named_modules():
        if type(part).__module__.startswith(("torch.ao.nn", "torch.nn.quantized", "torchao", "bitsandbytes")):
            return (
                f"it is quantised ({name} computes with whole numbers), and no gradient passes such layers; explain "
                "the model it was made of, or take a method of attention"
            )
    return "one of its operations has no gradient; take a method that needs none"
