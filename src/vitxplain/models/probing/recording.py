"""PassRecorder: takes down one pass of a model, its attention calls and the tensors between its modules."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layer_tap import removed_at_the_end
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.models.probing.observation import Head, Output, Silence

_MAKES_MAPS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


@dataclass(frozen=True, eq=False)
class RecordedCall:
    """One attention call as it ran."""

    call: AttentionCall
    output: Tensor
    step: Any  # of the graph, that made the output; None without a graph
    nodes_before: int


@dataclass(eq=False)
class _GrowingOutput:
    """An output while the pass runs: modules further out may return it again."""

    tensor: Tensor
    shape: tuple[int, ...]
    edge: GradientEdge | None
    returned_by: list[str] = field(default_factory=list)
    from_linear: bool = False


class PassRecorder:
    """A watcher of attention calls that looks at modules as well; it serves one pass and is read after it."""

    def __init__(self) -> None:
        self.calls: list[RecordedCall] = []
        self.map_sizes: dict[tuple[int, int], None] = {}  # (rows, columns) convolutions make, in order
        self.convolutions: list[tuple[str, int]] = []  # mixing places: name, attention calls before
        self.last_linear: Head | None = None
        self.text_lengths: set[int] = set()  # of sequences of tokens that are looked up by number
        self.last_shapes: dict[str, tuple[int, ...]] = {}  # of what each module returned in its last run
        self.hidden: str | None = None  # where attention first ran unseen, and how
        self.silence = Silence()
        self._nodes: dict[int, Tensor] = {}  # by their identity, which is theirs for as long as they are here
        self._outputs: dict[tuple[int, int], _GrowingOutput] = {}  # by identity and version

    def before(self, call: AttentionCall) -> bool:
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        self.calls.append(RecordedCall(call, output, output.grad_fn, len(self._nodes)))
        if output.requires_grad:
            output.register_hook(self.silence)

    def hides(self, path: str, how: str) -> None:
        self.hidden = self.hidden or f"{path or 'the model itself'} {how}"

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...

    @property
    def nodes(self) -> tuple[Tensor, ...]:
        """Every tensor that a module took in or returned, in the order they came about."""
        return tuple(self._nodes.values())

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Every tensor that a module returned, each version of it by itself."""
        return tuple(
            Output(
                growing.tensor,
                growing.shape,
                growing.edge,
                changed=_version(growing.tensor) != version,
                returned_by=tuple(growing.returned_by),
                from_linear=growing.from_linear,
            )
            for (_, version), growing in self._outputs.items()
        )

    @contextmanager
    def on_modules(self, module: nn.Module) -> Iterator[None]:
        """Meanwhile every tensor is noted that a module takes in or returns on this thread."""
        thread = get_ident()  # another one may be explaining with this module

        def before(_part: nn.Module, args: tuple) -> None:
            if args and get_ident() == thread:
                self._node(args[0])

        def after(name: str) -> Callable[[nn.Module, tuple, Any], None]:
            def hook(part: nn.Module, args: tuple, output: Any) -> None:
                if get_ident() == thread:
                    self._returned(name, part, args, output)

            return hook

        with removed_at_the_end() as handles:
            for name, part in module.named_modules():
                handles.append(part.register_forward_pre_hook(before))
                handles.append(part.register_forward_hook(after(name)))
            yield

    def _node(self, tensor: Any) -> Tensor | None:
        if isinstance(tensor, (tuple, list)) and tensor:
            tensor = tensor[0]
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.dim() not in (3, 4):
            return None
        return self._nodes.setdefault(id(tensor), tensor)

    def _returned(self, name: str, part: nn.Module, args: tuple, output: Any) -> None:
        first = output[0] if isinstance(output, (tuple, list)) and output else output
        if isinstance(first, Tensor):
            self.last_shapes[name] = tuple(first.shape)
        if isinstance(part, (nn.Linear, nn.Conv2d)) and isinstance(output, Tensor):
            self.last_linear = Head(name, part, args[0])
        if isinstance(part, nn.Embedding) and args and args[0].dim() == 2 and _are_words(args[0][0]):
            self.text_lengths.add(args[0].shape[1])
        if isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1:
            self.convolutions.append((name, len(self.calls)))
        tensor = self._node(output)
        if tensor is None:
            return
        key = (id(tensor), _version(tensor))
        if (growing := self._outputs.get(key)) is None:
            edge = get_gradient_edge(tensor) if tensor.requires_grad else None
            growing = self._outputs[key] = _GrowingOutput(tensor, tuple(tensor.shape), edge)
        growing.returned_by.append(name)
        growing.from_linear |= isinstance(part, nn.Linear)
        if isinstance(part, _MAKES_MAPS) and tensor.dim() == 4 and min(tensor.shape[2:]) > 1:
            self.map_sizes.setdefault((tensor.shape[2], tensor.shape[3]))


def _are_words(numbers: Tensor) -> bool:
    """Whether they are no mere positions, one after the other."""
    return len(numbers) > 1 and not bool((numbers.diff() == 1).all())


def _version(tensor: Tensor) -> int:
    """How often something was written into a tensor; those of inference mode do not count it."""
    return 0 if tensor.is_inference() else tensor._version
