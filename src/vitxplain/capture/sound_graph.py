"""SoundGraph: gradients that are right for a single image, and cost nothing for tokens that have none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from vitxplain.capture.zero_rows import linear

NORMS: Final = ("batch_norm", "instance_norm")  # the latter is the former of one image, with more channels


class SoundBatchNorm(TorchFunctionMode):
    """While active on this thread, gradients through batch normalisation do not depend on strides.

    PyTorch (2.13, CPU) takes a batch of one in channels-last order to be contiguous whatever its batch stride, and then
    reads input and gradient in different orders: `y.flatten(2).transpose(1, 2)`, how most networks make tokens of a
    convolution, is enough to get a wrong gradient and no error. So input and gradient are both made contiguous.
    """

    def __torch_function__(self, func: Callable, types: Sequence[type], args: tuple = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        return sound_norm(func, args, kwargs) if is_norm(func) else func(*args, **kwargs)


def is_norm(func: Callable) -> bool:
    """Whether this function of PyTorch is such a normalisation."""
    return getattr(func, "__name__", "") in NORMS


def sound_norm(norm: Callable, args: tuple, kwargs: Mapping[str, Any]) -> Any:
    """What the normalisation returns, its gradient free of strides."""
    if not args or (norm.__name__ == "batch_norm" and args[0].shape[0] > 1):
        return norm(*args, **kwargs)
    result = norm(args[0].contiguous(), *args[1:], **kwargs)
    if result.requires_grad:
        result.register_hook(Tensor.contiguous)
    return result


class SoundGraph(TorchFunctionMode):
    """While active on this thread, batch normalisation is `sound_norm` and linear layers skip zero rows.

    For passes that differentiate towards activations: parameters get no gradient from the layers it sees. One mode for
    both, since every function that runs meanwhile pays for each mode.
    """

    def __torch_function__(self, func: Callable, types: Sequence[type], args: tuple = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is F.linear:
            return linear(args, kwargs)
        return sound_norm(func, args, kwargs) if is_norm(func) else func(*args, **kwargs)


def enable_gradients() -> None:
    """Begins a graph here, on this thread; the pass that runs this restores what was."""
    torch.set_grad_enabled(True)


@contextmanager
def graph_start() -> Iterator[Callable[[], None]]:
    """`enable_gradients` that also begins a `SoundGraph`, until the context is left: functions before pay nothing."""
    with ExitStack() as stack:
        mode = SoundGraph()
        begun = False

        def begin() -> None:
            nonlocal begun
            enable_gradients()
            if not begun:
                begun = True
                stack.enter_context(mode)

        yield begin
