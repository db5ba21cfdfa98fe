"""vitx export"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vitxplain.cli.shared.completion import complete_methods
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import (
    OUTPUT,
    Activation,
    Debug,
    ImageSize,
    Json,
    Model,
    Output,
    Quiet,
    Revision,
    TrustRemoteCode,
)
from vitxplain.models.known_models import DEFAULT

if TYPE_CHECKING:
    from vitxplain.export import Exported


@guarded
def export(
    model: Model = DEFAULT,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            "--methods",
            help="attention-rollout, raw-attention, cam: one that needs no gradient; auto takes the first that fits.",
            autocompletion=complete_methods,
        ),
    ] = "auto",
    option: Annotated[
        list[str],
        typer.Option("-o", "--option", metavar="KEY=VALUE", help="An option of the method.", show_default=False),
    ] = [],  # noqa: B006 - typer's way; never changed
    opset: Annotated[
        int | None, typer.Option("--opset", min=18, max=23, help="ONNX's operator set.", show_default="torch's own")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The file.", show_default="vitx-out/MODEL.METHOD.onnx", rich_help_panel=OUTPUT),
    ] = None,
    image_size: ImageSize = None,
    output: Output = "auto",
    activation: Activation = "auto",
    revision: Revision = None,
    trust_remote_code: TrustRemoteCode = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """Write model and method as one ONNX graph: pixel_values in, probabilities and map out, for any number of images.

    Before the file is written onnxruntime and PyTorch run on the same images; they must agree to 1e-4.
    """
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.shared.console import print_json, print_note
    from vitxplain.explainers.base import Explainer
    from vitxplain.explainers.passes.choose import build, check_names
    from vitxplain.export import export as export_model
    from vitxplain.export.exporting import FOLDER, check_packages, onnx_path
    from vitxplain.export.fitting import auto_method, check_exportable
    from vitxplain.files.write import check_writable
    from vitxplain.models.loading.load import load_model
    from vitxplain.options.parse import key_and_value

    settings = dict(key_and_value(text) for text in option)

    def chosen(name: str) -> Explainer:
        (explainer,) = build([name], settings, text=True).values()
        check_exportable(explainer)
        return explainer

    def say(step: str) -> None:
        if not quiet:
            print_note(step)

    check_packages()
    check_names([method])
    named_explainer = None if method == "auto" else chosen(method)
    target = None if out is None else onnx_path(out)
    check_writable(target.parent if target else FOLDER)
    say(f"opening {model}")
    loaded = load_model(
        model,
        revision=revision,
        device="cpu",
        dtype="float32",
        output=output,
        activation=activation,
        image_size=image_size,
        trust_remote_code=trust_remote_code,
    )
    explainer = named_explainer or chosen(auto_method(loaded))
    exported = export_model(loaded, explainer, target, opset=opset, step=say)
    if json:
        print_json({"model": loaded.source, **_facts(exported)})
    elif not quiet:
        _print(model, exported)


def _facts(exported: "Exported") -> dict[str, object]:
    from dataclasses import asdict

    from vitxplain.explanation.record import plain

    facts: dict[str, object] = plain({**asdict(exported), "path": str(exported.path)})
    return {"file" if name == "path" else name: fact for name, fact in facts.items()}


def _print(source: str, exported: "Exported") -> None:
    from vitxplain.cli.shared.console import out as stdout
    from vitxplain.cli.shared.console import printable

    def described(name: str) -> str:
        return f"{name} ({', '.join(map(str, exported.shapes[name]))})"

    inputs, *outputs = exported.shapes
    differences = ", ".join(f"{name} {share:.0e}" for name, share in exported.differences.items())
    size = f"{exported.size / 1e6:.1f} MB, operator set {exported.opset}"
    lines = (
        f"{exported.method} of {source} → {exported.path} ({size})",
        f"  {described(inputs)} → {' and '.join(map(described, outputs))}",
        f"  agrees with PyTorch; largest difference, as a share of the largest value: {differences}",
    )
    stdout().print(printable("\n".join(lines), "\n"), soft_wrap=True)
