"""SoundGraph: gradients that are right for a single image, and cost nothing for tokens that have none."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from vitxplain.capture.batch_norm import is_norm, sound_norm
from vitxplain.capture.zero_rows import linear


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
