"""AttentionTap: sees every attention call of any model by watching tensor functions, not modules."""

import re
import types
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import count
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vitxplain.capture.calls import AttentionCall, Watcher
from vitxplain.capture.deformable.reference import candidates
from vitxplain.capture.deformable.sample_chain import SAMPLES, SampleChain
from vitxplain.capture.deformable.weights import DeformableGradients, DeformableWeights
from vitxplain.capture.module_paths import ModulePaths
from vitxplain.capture.softmax_chain import PRODUCTS, SOFTMAX, Contraction, SoftmaxChain
from vitxplain.capture.sound_graph import enable_gradients
from vitxplain.capture.undisturbed import ready
from vitxplain.capture.weight_gradients import ExplicitGradients, WatchedAttention
from vitxplain.capture.weights import ExplicitWeights, FusedWeights

_OPERANDS = ("input", "batch1", "batch2", "mat2", "other", "tensor2")  # of products, in the order of their positions
FUSED = "scaled_dot_product_attention"
_SUSPECT = re.compile(r"attn|attention|^_?flash|^_?flex")

# `F.multi_head_attention_forward` calls the mode before it computes anything, for as long as any mode is active: called
# again from there it would recurse without end. In this copy of it `has_torch_function` is always false, so its body
# runs and the mode sees the products inside. torch's own function is untouched.
_MHA_BODY = types.FunctionType(
    F.multi_head_attention_forward.__code__,
    {**F.multi_head_attention_forward.__globals__, "has_torch_function": lambda _: False},
    "multi_head_attention_forward",
    F.multi_head_attention_forward.__defaults__,
)
_MHA_BODY.__kwdefaults__ = F.multi_head_attention_forward.__kwdefaults__


class AttentionTap(TorchFunctionMode):
    """While active on this thread, shows a watcher every attention call of `root`, in order.

    It sees fused attention, `multi_head_attention_forward`, softmax(q k^T) v written out, and deformable attention
    (values sampled at points and summed with softmax weights), in any library, and changes nothing about the model.
    One tap serves one forward pass.

    A function that looks like attention but hides its weights is named to the watcher before it runs.

    The graph begins in the first call whose gradient the watcher asks for; `begin` is called in each. With
    `starts_apart` it begins in each of them as well: where calls are no chain, what comes before one of them may be no
    other, but a parameter.
    """

    def __init__(
        self,
        root: nn.Module,
        watcher: Watcher,
        *,
        starts_apart: bool = False,
        begin: Callable[[], object] = enable_gradients,
    ) -> None:
        super().__init__()
        self._begin = begin
        self._starts_apart = starts_apart
        self._paths = ModulePaths(root)
        self._watcher = watcher
        self._chain = SoftmaxChain(self._paths.current)
        self._samples = SampleChain(self._chain)
        self._numbers = count()
        self._entered = 0
        self.starts: list[Tensor] = []  # leaves of the graph, for a watcher that asked for gradients

    def __enter__(self) -> "AttentionTap":
        self._entered += 1
        return super().__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        super().__exit__(kind, error, trace)
        self._entered -= 1
        if kind is None and not self._entered:  # it enters itself within multi-head attention
            for path in self._chain.lost.values():
                self._watcher.hides(path, "takes a softmax of scores, but what that weighs could not be followed")

    def __torch_function__(self, func: Callable, types: Sequence[type], args: tuple = (), kwargs: Any = None) -> Any:
        name, may_begin = _role(getattr(func, "__name__", ""))
        if not may_begin and self._chain.is_empty and self._samples.is_empty:
            # Where attention is fused, all but a few of hundreds of functions.
            return func(*args, **kwargs) if kwargs else func(*args)
        kwargs = kwargs or {}
        if name == "__get__":  # x.shape, x.device, ...: most of what passes here
            return self._attribute(func, args)
        if func is F.multi_head_attention_forward:
            with self:
                return _MHA_BODY(*args, **kwargs)
        if name == FUSED:
            return self._fused(func, *args, **kwargs)
        if name in PRODUCTS:
            args, kwargs = _in_order(args, kwargs)
        if name in PRODUCTS and (contraction := self._chain.contraction(name, args)) is not None:
            result = self._contracted(func, contraction, args, kwargs)
        elif (sampled := self._samples.weighted_sum(name, args, kwargs)) is not None:
            result = self._deformable(func, sampled, args, kwargs)
        else:
            if _SUSPECT.search(name):
                self._watcher.hides(self._paths.current(), f"calls {name}, which shows nobody its attention weights")
            result = func(*args, **kwargs)
        self._chain.follow(func, name, args, kwargs, result)
        self._samples.follow(name, args, kwargs, result)
        return result

    def _attribute(self, func: Callable, args: tuple) -> Any:
        result = func(*args)
        if isinstance(result, Tensor):  # x.mT
            self._chain.follow(func, func.__self__.__name__, args, {}, result)  # type: ignore[attr-defined]
        return result

    def _fused(self, func: Callable, query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        named = dict(zip(("attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa"), args, strict=False)) | kwargs
        weights = FusedWeights(
            query,
            key,
            value,
            mask=named.get("attn_mask"),
            is_causal=named.get("is_causal", False),
            scale=named.get("scale"),
            enable_gqa=named.get("enable_gqa", False),
        )
        call = AttentionCall(self._paths.current(), next(self._numbers), weights)
        if self._watcher.before(call):
            self._begin()
            query = self._joined(weights.query)
            report = partial(self._watcher.gradient, call)
            output = WatchedAttention.apply(query, weights.key, weights.value, weights.mask, weights, report)
        else:
            output = weights.output()
            if output is None:
                output = func(query, key, value, **named)
        self._watcher.after(call, output)
        return output

    def _contracted(self, func: Callable, contraction: Contraction, args: tuple, kwargs: dict[str, Any]) -> Tensor:
        nested = len(args) == 2 and isinstance(args[1], (list, tuple))  # einsum(equation, [a, b])
        operands = [args[0], *args[1]] if nested else list(args)
        position, order = contraction.position, contraction.order
        tensor = operands[position]
        ordered = tensor if order is None else tensor.permute(order)
        value = next(other for other in reversed(operands) if isinstance(other, Tensor) and other is not tensor)
        weights = ExplicitWeights(ordered, value)
        call = AttentionCall(self._paths.current(), next(self._numbers), weights, contraction.trace.scored)
        if self._watcher.before(call):
            self._begin()
            watched = self._joined(ordered)
            detached = ExplicitWeights(ordered.detach(), value.detach())
            watched.register_hook(lambda gradient: self._watcher.gradient(call, ExplicitGradients(detached, gradient)))
            back = None if order is None else [order.index(axis) for axis in range(tensor.dim())]
            operands[position] = watched if back is None else watched.permute(back)
        output = func(operands[0], operands[1:], **kwargs) if nested else func(*operands, **kwargs)
        self._watcher.after(call, output)
        return output

    def _deformable(self, func: Callable, weights: DeformableWeights, args: tuple, kwargs: dict[str, Any]) -> Tensor:
        weights.references = candidates(self._paths.inputs(), *weights.shape[:2])
        call = AttentionCall(self._paths.current(), next(self._numbers), weights)
        weighted = args[0]
        is_watched = self._watcher.before(call)
        if is_watched:
            self._begin()
            weighted = self._joined(weighted)
        output = func(weighted, *args[1:], **kwargs).mT  # query by query, as that of other attention
        if is_watched:
            report = partial(self._watcher.gradient, call)
            output.register_hook(lambda gradient: report(DeformableGradients(weights.detached(), gradient)))
        self._watcher.after(call, output)
        return output.mT

    def _joined(self, tensor: Tensor) -> Tensor:
        """The tensor as part of the graph; where there is none yet it becomes the leaf `start`."""
        tensor = ready(tensor)
        if not tensor.requires_grad:
            tensor = tensor.detach().requires_grad_()
            self.starts.append(tensor)
        elif self._starts_apart:
            start = tensor.new_zeros((), requires_grad=True)
            self.starts.append(start)
            tensor = tensor + start
        return tensor


@cache
def _role(name: str) -> tuple[str, bool]:
    """A function's name without its overload, and whether anything that is watched may begin in it."""
    name = name.partition(".")[0]  # exported graphs call overloads: "matmul.default"
    begins = name == FUSED or name in PRODUCTS or name in SOFTMAX or name in SAMPLES
    return name, begins or _SUSPECT.search(name) is not None


def _in_order(args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    """A product's operands by position, however they were given."""
    named = [one for one in _OPERANDS if one in kwargs]
    rest = {name: value for name, value in kwargs.items() if name not in named}
    return (*args, *(kwargs[name] for name in named)), rest
