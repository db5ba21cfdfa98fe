"""From a module to an ONNX model by torch.export and torch.onnx, without paths of this machine."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from onnxscript import opset18 as op

from vitxplain.errors import ModelLoadError, UnsupportedModelError, UsageError, VitxplainError
from vitxplain.export.graph import INPUT, OUTPUTS, Explained
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from onnx import ModelProto

_PRIMES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)


def convert(
    module: Explained, image: PixelValues, opset: int | None, step: Callable[[str], None] = lambda _: None
) -> "ModelProto":
    """The module as an ONNX model with a dynamic batch axis; `image` is one example of its input.

    Raises:
        UnsupportedModelError: the model does something that cannot be traced, or that ONNX has no operator for.
        UsageError: there is no such operator set.
    """
    example = image.repeat(_batch_size(module), 1, 1, 1)
    try:
        with _quiet():
            step("tracing model and method")
            traced = torch.export.export(
                module, (example,), dynamic_shapes={INPUT: {0: torch.export.Dim.DYNAMIC}}, strict=False
            )
            step("writing the trace as an ONNX graph, which takes longest")
            program: Any = torch.onnx.export(
                traced,
                (),
                dynamo=True,
                input_names=[INPUT],
                output_names=list(OUTPUTS),
                dynamic_shapes={INPUT: {0: "batch"}},
                opset_version=opset,
                custom_translation_table={torch.ops.aten.sort.stable: _stable_sort},
                verbose=False,
            )
            model: ModelProto = program.model_proto
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, VitxplainError) and not isinstance(error, ModelLoadError):
            raise
        first, *_ = str(_cause(error)).strip().splitlines() or [type(error).__name__]
        raise UnsupportedModelError(
            f"{module.source} runs, but cannot be written as an ONNX graph: {first[:200].rstrip('.')}. Its code must "
            "not choose its way by the pixels, and needs operators that ONNX has."
        ) from error
    _check_opset(model, opset)
    _without_traces(model)
    return model


def opset_of(model: "ModelProto") -> int:
    """The version of ONNX's own operators that a model is written in."""
    return next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))


def _batch_size(module: torch.nn.Module) -> int:
    """A batch size that no other size of the model equals, so that tracing does not take it for one of them."""
    sizes = {size for tensor in (*module.parameters(), *module.buffers()) for size in tensor.shape}
    return next((prime for prime in _PRIMES if prime not in sizes), 53)


def _stable_sort(self: Any, stable: bool = True, dim: int = -1, descending: bool = False) -> Any:  # noqa: ARG001
    """aten::sort.stable, which torch.onnx (2.13) lacks: ONNX's TopK gives the lower index first among equals too."""
    size = op.Gather(op.Shape(self), op.Constant(value_ints=[dim]))
    return op.TopK(self, size, axis=dim, largest=int(descending), sorted=1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter tells its own developers; whatever else warns, warns."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    with warnings.catch_warnings():
        for kind in (FutureWarning, DeprecationWarning):
            warnings.simplefilter("ignore", kind)
        log.setLevel(logging.ERROR)  # its warnings are about libraries that are not installed
        try:
            yield
        finally:
            log.setLevel(level)


def _cause(error: BaseException) -> BaseException:
    """Where a chain of errors began."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _check_opset(model: "ModelProto", opset: int | None) -> None:
    if opset is not None and opset_of(model) != opset:
        raise UsageError(
            f"the graph could not be written in operator set {opset}, only in {opset_of(model)}; leave --opset out."
        )


def _without_traces(model: "ModelProto") -> None:
    """Take out stack traces and names of nodes of the trace: paths of this machine, and a good part of small files."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
