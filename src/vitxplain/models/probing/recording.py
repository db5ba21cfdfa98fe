"""PassRecorder: takes down one pass of a model, its attention calls and the tensors between its modules."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

from torch import Tensor, nn

from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layer_tap import removed_at_the_end
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.models.probing.observation import Head, Node, Silence

_MAKES_MAPS = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


@dataclass(frozen=True, eq=False)
class RecordedCall:
    """One attention call as it ran."""

    call: AttentionCall
    output: Tensor
    nodes_before: int


@dataclass(eq=False)
class _GrowingNode:
    """A node while the pass runs: modules further out may return it again."""

    tensor: Tensor
    returned_by: list[str] = field(default_factory=list)
    from_linear: bool = False
    order: int = 0
    version: int = -1


class PassRecorder:
    """A watcher of attention calls that looks at modules as well; it serves one pass and is read after it."""

    def __init__(self) -> None:
        self.calls: list[RecordedCall] = []
        self.map_sizes: dict[tuple[int, int], None] = {}  # (rows, columns) convolutions make, in order
        self.convolutions: list[tuple[str, int]] = []  # mixing places: name, attention calls before
        self.last_linear: Head | None = None
        self.hidden: str | None = None  # where attention first ran unseen, and how
        self.silence = Silence()
        self._nodes: dict[int, _GrowingNode] = {}  # by the identity of their tensors, which live as long
        self._writes = 0

    def before(self, call: AttentionCall) -> bool:
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        self.calls.append(RecordedCall(call, output, len(self._nodes)))
        if output.requires_grad:
            output.register_hook(self.silence)

    def hides(self, path: str, how: str) -> None:
        self.hidden = self.hidden or f"{path or 'the model itself'} {how}"

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every tensor that a module took in or returned, in the order they came about."""
        nodes = self._nodes.values()
        return tuple(Node(node.tensor, tuple(node.returned_by), node.from_linear, node.order) for node in nodes)

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

    def _node(self, tensor: Any) -> _GrowingNode | None:
        if isinstance(tensor, (tuple, list)) and tensor:
            tensor = tensor[0]
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or tensor.dim() not in (3, 4):
            return None
        return self._nodes.setdefault(id(tensor), _GrowingNode(tensor))

    def _returned(self, name: str, part: nn.Module, args: tuple, output: Any) -> None:
        if isinstance(part, (nn.Linear, nn.Conv2d)) and isinstance(output, Tensor):
            self.last_linear = Head(part, args[0])
        if isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1:
            self.convolutions.append((name, len(self.calls)))
        node = self._node(output)
        if node is None:
            return
        node.returned_by.append(name)
        if node.version != node.tensor._version:
            self._writes += 1
            node.version, node.order = node.tensor._version, self._writes
        node.from_linear |= isinstance(part, nn.Linear)
        if isinstance(part, _MAKES_MAPS) and node.tensor.dim() == 4 and min(node.tensor.shape[2:]) > 1:
            self.map_sizes.setdefault((node.tensor.shape[2], node.tensor.shape[3]))
