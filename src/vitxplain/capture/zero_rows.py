"""Backward for those tokens only whose gradient is not zero; `linear` for linear layers.

Behind the last attention of a model that reads its class token, the gradient of every patch is exactly zero, and a
dense backward pass multiplies those zeros by all weights of the block. Leaving them out changes no number. On a GPU
they are multiplied: to say which rows are zero Python would wait for it at every layer.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GLANCE: Final = 8  # numbers of a row, which nearly always tell one that is moved; all take far longer to see


def linear(args: tuple, kwargs: Mapping[str, Any]) -> Tensor:
    """`F.linear`; within a graph on a CPU its backward pass skips the zero rows of the output's gradient.

    For passes that differentiate towards activations: there parameters get no gradient.
    """
    if not kwargs and torch.is_grad_enabled() and _gains(args[0]) and _is_plain(args[1]):
        return _Linear.apply(*args)
    return F.linear(*args, **kwargs)


def _gains(values: Tensor) -> bool:
    return values.requires_grad and values.device.type == "cpu"


def moved_rows(gradient: Tensor) -> Tensor | None:
    """The rows, along the last axis but one, that have a number other than 0 anywhere; None for most, and on a GPU."""
    if gradient.device.type != "cpu" or _most(_moved(gradient[..., :GLANCE])) or _most(moved := _moved(gradient)):
        return None
    return moved.nonzero()[:, 0]


def _moved(gradient: Tensor) -> Tensor:
    return (gradient != 0).any(-1).flatten(end_dim=-2).any(0) if gradient.dim() > 2 else (gradient != 0).any(-1)


def _most(moved: Tensor) -> bool:
    return 2 * int(moved.sum()) > moved.shape[0]


def _is_plain(weight: Tensor) -> bool:
    """Whether these are numbers as they are; packed ones of a library of quantisation know their own way back."""
    return type(weight) in (Tensor, nn.Parameter)


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        ctx.save_for_backward(weight)
        output = F.linear(values, weight, bias)
        # PyTorch lets nobody write into a view that a function of ours returns; models write into what a layer returns.
        return torch.ops.aten._unsafe_view(output, output.shape) if output._is_view() else output

    @staticmethod
    def backward(ctx: Any, *output_gradients: Tensor) -> tuple[Tensor, None, None]:
        gradient = output_gradients[0]
        weight = ctx.saved_tensors[0].to(gradient.dtype)  # under autocast the product was made in half precision
        rows = gradient.reshape(-1, gradient.shape[-1])
        moved = moved_rows(rows)
        if moved is None:
            return gradient @ weight, None, None
        input_gradient = rows.new_zeros(len(rows), weight.shape[1])
        input_gradient[moved] = rows[moved] @ weight
        return input_gradient.view(*gradient.shape[:-1], weight.shape[1]), None, None
