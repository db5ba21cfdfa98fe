"""Tensors whose numbers lie packed in others, as libraries of quantisation have them."""

from collections.abc import Iterator

from torch import Tensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass


def stored(tensor: Tensor) -> Iterator[Tensor]:
    """The plain tensors that hold a tensor's numbers: itself, or those inside one of torchao's or optimum-quanto's.

    A packed tensor may know no sum and no bytes of its own.
    """
    if not is_traceable_wrapper_subclass(tensor):
        yield tensor
        return
    for name in tensor.__tensor_flatten__()[0]:
        yield from stored(getattr(tensor, name))
