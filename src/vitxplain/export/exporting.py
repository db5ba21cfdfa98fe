"""export: a model and a method to one ONNX file, checked against PyTorch before it is written."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path, PurePath
from typing import Any

import torch
from torch import nn

from vitxplain.errors import OutputError, UnsupportedModelError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import MethodLike, build, check_names
from vitxplain.explainers.passes.fit import require
from vitxplain.export.fitting import auto_method, check_exportable
from vitxplain.files.paths import user_path
from vitxplain.files.write import write_together
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.extras import check_installed
from vitxplain.tasks.classification import check_probabilities
from vitxplain.words import slug, source_name

PACKAGES = ("onnx", "onnxruntime", "onnxscript")
FOLDER = Path("vitx-out")
OPSETS = range(18, 24)
_LARGEST = 2**31 - 2**20  # bytes; what holds one ONNX file together takes no more than 2 GiB


@dataclass(frozen=True)
class Exported:
    """The file that was written; `shapes` names its input and outputs, `differences` is what the check found."""

    path: Path
    method: str
    options: Mapping[str, Any]
    shapes: Mapping[str, tuple[int | str, ...]]  # "batch" where any number will do
    differences: Mapping[str, float]  # by output, as a share of its largest value
    opset: int
    size: int  # bytes


def export(
    model: str | PathLike[str] | nn.Module | VisionModel,
    method: MethodLike = "auto",
    path: str | PathLike[str] | None = None,
    *,
    opset: int | None = None,
    step: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Exported:
    """Write an ONNX graph that takes `pixel_values` and returns `probabilities` and `map`, for any number of images.

    Args:
        model: a source string (`load_model`), an nn.Module or a loaded VisionModel; float32 on the CPU.
        method: attention-rollout, raw-attention, cam, or any other that needs no gradient; "auto" takes the first of
            attention-rollout, cam and raw-attention that fits. A map of the top class where the method is about one.
        path: the file, ending in .onnx; by default vitx-out/MODEL.METHOD.onnx.
        opset: ONNX's operator set, 18 to 23; None takes the one torch.onnx writes.
        step: hears what is done next; nearly all the time is torch's, 15 to 20 s for a ViT of 12 layers.
        options: hyper-parameters of the method.

    The map is (batch, row, column), signed and raw; of several layers the last, of several heads the mean, as heat maps
    show it. File metadata say how images become pixel_values, what the classes are called, and where all comes from.

    Raises:
        UnsupportedModelError: the method needs gradients or does not fit, or the model cannot be written as a graph.
        UsageError: no such method, option or operator set; packages are missing; the model is not float32 on the CPU.
        OutputError: the file cannot be written, or onnxruntime and PyTorch differ by more than 1e-4.
    """
    check_packages()
    check_names([method])
    target = None if path is None else onnx_path(path)
    if opset is not None and opset not in OPSETS:
        raise UsageError(f"nothing is exported to operator set {opset}; choose {OPSETS[0]} to {OPSETS[-1]}.")
    named = None if method == "auto" else _built(method, options)
    if isinstance(model, (nn.Module, VisionModel)):
        loaded = load_model(model)
    else:
        loaded = load_model(str(model), device="cpu", dtype="float32")
    check_probabilities(loaded.task, loaded.source, "export")
    _check_on_cpu(loaded)
    name, explainer = named or _built(auto_method(loaded), options)
    require(loaded, [explainer])
    _check_in_one_pass(loaded)

    from vitxplain.export.check import BATCHES, TOLERANCE, largest_differences, trial_images
    from vitxplain.export.conversion import convert, opset_of
    from vitxplain.export.facts import metadata
    from vitxplain.export.graph import Explained

    graph = convert(Explained(loaded, explainer), trial_images(loaded.processor, 1), opset, step)
    graph.producer_name, graph.graph.name = "vitxplain", f"{_stem(loaded.source)}.{name}"
    for key, value in metadata(loaded, explainer).items():
        graph.metadata_props.add(key=key, value=value)
    content = graph.SerializeToString()
    *some, last = map(str, BATCHES)
    step(f"checking the graph against PyTorch on {', '.join(some)} and {last} images")
    differences = largest_differences(content, loaded, explainer)
    if not max(differences.values()) <= TOLERANCE:
        shares = ", ".join(f"{output} by {share:.1e}" for output, share in differences.items())
        raise OutputError(
            f"{loaded.source} with {name} was not written: onnxruntime and PyTorch differ ({shares} of the largest "
            f"value; at most {TOLERANCE:.0e} is allowed). Try another --opset or method, and report it, please."
        )
    (written,) = write_together({target or FOLDER / f"{_stem(loaded.source)}.{name}.onnx": content})
    shapes = {one.name: _shape(one) for one in (*graph.graph.input, *graph.graph.output)}
    return Exported(written, name, asdict(explainer), shapes, differences, opset_of(graph), len(content))  # type: ignore[call-overload]


def check_packages() -> None:
    """Raise UsageError unless what writes and runs ONNX is installed."""
    check_installed("export", *PACKAGES)


def onnx_path(path: str | PathLike[str]) -> Path:
    """The path of a file to write.

    Raises:
        UsageError: it does not end in .onnx.
    """
    file = user_path(path)
    if file.suffix != ".onnx":
        raise UsageError(f"{path} does not end in .onnx; name the file to write, such as {file.stem or 'model'}.onnx.")
    return file


def _built(method: MethodLike, options: Mapping[str, Any]) -> tuple[str, Explainer]:
    ((name, explainer),) = build([method], options).items()
    check_exportable(explainer)
    return name, explainer


def _check_on_cpu(model: VisionModel) -> None:
    if model.device.type != "cpu" or model.dtype != torch.float32:
        raise UsageError(
            f"{model.source} is {str(model.dtype).removeprefix('torch.')} on {model.device}; graphs are made of "
            "float32 models on the CPU: load it with device='cpu', dtype='float32'."
        )
    size = sum(tensor.numel() * tensor.element_size() for tensor in model.module.state_dict().values())
    if size > _LARGEST:
        raise UnsupportedModelError(
            f"{model.source} has {size / 2**30:.1f} GiB of weights, and one ONNX file holds 2; choose a smaller model."
        )


def _check_in_one_pass(model: VisionModel) -> None:
    probe = model.probe()
    if probe.passes is not None:
        raise UnsupportedModelError(
            f"{model.source} runs {' and '.join(probe.passes.paths)} side by side, each explained by itself, "
            "and a graph holds one pass; export that network alone."
        )


def _stem(source: str) -> str:
    """A file name from a source string: its last part, what stands before a colon left out."""
    return slug(PurePath(source_name(source).rpartition(":")[2]).name, empty="model", keep=".-", strip="")


def _shape(value: Any) -> tuple[int | str, ...]:
    return tuple(one.dim_param or one.dim_value for one in value.type.tensor_type.shape.dim)
