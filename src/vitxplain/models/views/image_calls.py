"""CallRecorder: which modules took the image, or a view of it, in one pass, and what they made of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

from torch import Tensor, nn

from vitxplain.models.views.find import find_views, is_shuffled
from vitxplain.models.views.view import View
from vitxplain.tasks.activation_inputs import Ending
from vitxplain.types import PixelValues


@dataclass(frozen=True, eq=False)
class ImageCall:
    """One call of a module that took views of the image, one a row of what it took, as they are."""

    path: str
    number: int  # how many calls of the module came before
    views: tuple[View | None, ...]  # None: no view that can be told
    channels: int  # of each view
    shapes: tuple[tuple[int, ...], ...]  # of the tensors it returned
    keyword: str | None  # the argument that is the image; None: the first one
    arguments: Mapping[str, Any] = field(repr=False)  # the others, by name
    outputs: tuple[Tensor, ...] = field(default=(), repr=False)
    reached: bool = True  # whether the output depends on what it returned, as far as the graph says
    shuffled: bool = False  # an image of the same pixels in an order of its own
    ends_in: Ending | None = None  # the activation that made what it returned, where one did


@dataclass(eq=False)
class _Call:
    path: str
    number: int
    image: Tensor | None = None
    keyword: str | None = None
    others: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[Tensor, ...] = ()
    inside: "list[_Call]" = field(default_factory=list)


class CallRecorder:
    """Takes down the tree of calls of one pass; read after it."""

    def __init__(self) -> None:
        self._root = _Call("", 0)
        self._stack = [self._root]

    @contextmanager
    def on_modules(self, module: nn.Module) -> Iterator[None]:
        """Meanwhile the calls of all modules inside are taken down, on this thread."""
        names = {id(part): name for name, part in module.named_modules()}
        counts = dict.fromkeys(names.values(), 0)
        thread = get_ident()

        def before(part: nn.Module, args: tuple, kwargs: dict[str, Any] | None = None) -> None:
            if get_ident() != thread:
                return
            path = names[id(part)]
            call = _Call(path, counts[path])
            counts[path] += 1
            _note_image(call, args, kwargs or {})
            self._stack[-1].inside.append(call)
            self._stack.append(call)

        def after(part: nn.Module, args: tuple, output: Any) -> None:  # noqa: ARG001
            if get_ident() == thread:
                self._stack.pop().outputs = tensors_of(output)

        handles: list[Any] = []
        try:
            for part in module.modules():
                if part is not module:
                    handles.append(part.register_forward_pre_hook(before, with_kwargs=True))
                    handles.append(part.register_forward_hook(after))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def image_calls(self, image: PixelValues) -> tuple[ImageCall, ...]:
        """The outermost calls that take views of the image and make something else of them.

        Where one call takes the whole image as it lies, those inside it: the call is the network itself.
        """
        level = _of_views(self._root, image)
        while len(level) == 1 and len(level[0][1]) == 1 and (view := level[0][1][0]) is not None and view.is_whole:
            inner = _of_views(level[0][0], image)
            if not inner:
                break
            level = inner
        return tuple(
            ImageCall(
                path=call.path,
                number=call.number,
                views=views,
                channels=0 if call.image is None else call.image.shape[1],
                shapes=tuple(tuple(tensor.shape) for tensor in call.outputs),
                keyword=call.keyword,
                arguments=call.others,
                outputs=call.outputs,
                shuffled=None in views and call.image is not None and is_shuffled(call.image, image),
            )
            for call, views in level
        )


def tensors_of(output: Any) -> tuple[Tensor, ...]:
    """The tensors of numbers a module returned, in their order."""
    values = (
        output.values() if isinstance(output, Mapping) else output if isinstance(output, (tuple, list)) else [output]
    )
    return tuple(value for value in values if isinstance(value, Tensor) and value.is_floating_point())


def with_tensors(output: Any, tensors: Iterator[Tensor]) -> Any:
    """What a module returned with other tensors in the places of `tensors_of`."""
    if isinstance(output, Tensor):
        return next(tensors)
    if isinstance(output, Mapping):
        changed: Any = copy(output)
        for name, value in output.items():
            if isinstance(value, Tensor) and value.is_floating_point():
                changed[name] = next(tensors)
        return changed
    if isinstance(output, (tuple, list)):
        values = [next(tensors) if isinstance(v, Tensor) and v.is_floating_point() else v for v in output]
        return type(output)(*values) if hasattr(output, "_fields") else type(output)(values)
    return output


def _note_image(call: _Call, args: tuple, kwargs: dict[str, Any]) -> None:
    """The one tensor of four axes a module took, if it is its first argument or one by name."""
    if args and isinstance(args[0], Tensor):
        call.image = args[0]
    elif not args:
        images = [name for name, value in kwargs.items() if isinstance(value, Tensor) and value.dim() == 4]
        if images:
            call.keyword = images[0]
            call.image = kwargs[images[0]]
    if call.image is not None and (call.image.dim() != 4 or not call.image.is_floating_point()):
        call.image = None
    rest = {f"*{index}": value for index, value in enumerate(args[1:])}
    call.others = {**rest, **{name: value for name, value in kwargs.items() if name != call.keyword}}


def _of_views(outer: _Call, image: PixelValues) -> list[tuple[_Call, tuple[View | None, ...]]]:
    """The calls inside one that take views of the image, but for those that only make another view."""
    calls = []
    for call in outer.inside:
        if call.image is None:
            continue
        views = find_views(call.image, image)
        if views is not None and not _makes_views(call, image):
            calls.append((call, views))
    return calls


def _makes_views(call: _Call, image: PixelValues) -> bool:
    """Whether what a call returned is an image still: normalised, mirrored, resized."""
    output = call.outputs[0] if call.outputs else None
    is_image = output is not None and output.dim() == 4 and output.shape[1] == image.shape[1]
    return output is not None and is_image and all(find_views(output, image) or (None,))
