"""ActivationInputs: what a model feeds its softmax or sigmoid with, where that is the last thing it does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid
from torch.overrides import TorchFunctionMode

Ending: TypeAlias = Literal["softmax", "log_softmax", "sigmoid", "log_sigmoid"]

# What functions that end models are called, with what they are.
_ENDINGS: Final[dict[str, Ending]] = {
    "softmax": "softmax",
    "special_softmax": "softmax",
    "log_softmax": "log_softmax",
    "special_log_softmax": "log_softmax",
    "sigmoid": "sigmoid",
    "sigmoid_": "sigmoid",
    "special_expit": "sigmoid",
    "logsigmoid": "log_sigmoid",
}
ACTIVATIONS: Final[Mapping[Ending, Callable[[Tensor], Tensor]]] = {
    "softmax": partial(torch.softmax, dim=-1),
    "log_softmax": partial(torch.log_softmax, dim=-1),
    "sigmoid": torch.sigmoid,
    "log_sigmoid": logsigmoid,
}
_LARGEST: Final = 2**20  # numbers an activation returns; more of them are attention, not class scores


@dataclass(frozen=True, eq=False)
class ActivationCall:
    """One softmax or sigmoid as it ran."""

    ending: Ending
    input: Tensor
    output: Tensor

    def made(self, tensor: Tensor) -> bool:
        """Whether a tensor holds what this call returned, in whatever shape and number format."""
        if self.output is tensor or tensor._base is self.output:
            return True
        if self.output.numel() != tensor.numel() or torch.compiler.is_compiling():
            return False
        output = self.output.detach().flatten().to(tensor)
        return bool(torch.equal(output, tensor.detach().flatten()))


def scores_of(returned: Tensor, ending: Ending) -> Tensor:
    """Scores that an activation makes this of, where what it was given is not to be had: logarithms or log odds.

    An average of several softmaxes has no one input; the logarithm of a probability stands for its logit.
    """
    if ending == "log_softmax":
        return returned
    exact = returned.float()
    if ending == "log_sigmoid":
        exact = exact.exp()
    if ending in ("sigmoid", "log_sigmoid"):
        return exact.logit(eps=torch.finfo(exact.dtype).eps)
    return exact.clamp_min(torch.finfo(exact.dtype).tiny).log()


class ActivationInputs(TorchFunctionMode):
    """While active on this thread, keeps the calls of softmax and sigmoid, in order; it changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[ActivationCall] = []

    def behind(self, tensor: Tensor) -> ActivationCall | None:
        """The last call that made this tensor; None where none did."""
        return next((call for call in reversed(self.calls) if call.made(tensor)), None)

    def __torch_function__(self, func: Callable, types: Sequence[type], args: tuple = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").partition(".")[0].replace("log_sigmoid", "logsigmoid")
        if name == "exp":
            return self._exponential(func, args, kwargs)
        if name not in _ENDINGS:
            return func(*args, **kwargs)
        operand = args[0] if args else kwargs.get("input", kwargs.get("self"))
        if name.endswith("_") and isinstance(operand, Tensor):
            operand = operand.clone()  # about to be overwritten
        result = func(*args, **kwargs)
        if isinstance(operand, Tensor) and isinstance(result, Tensor) and result.numel() <= _LARGEST:
            self.calls.append(ActivationCall(_ENDINGS[name], operand, result))
        return result

    def _exponential(self, func: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Of a log-softmax it is a softmax."""
        result = func(*args, **kwargs)
        logs = next((call for call in self.calls if args and call.output is args[0]), None)
        if logs is not None and logs.ending == "log_softmax":
            self.calls.append(ActivationCall("softmax", logs.input, result))
        return result
