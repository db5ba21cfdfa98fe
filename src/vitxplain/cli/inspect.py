"""vitx inspect"""

from pathlib import Path
from typing import Annotated

import typer

from vitxplain.cli.shared.completion import complete_methods
from vitxplain.cli.shared.guard import DONE, SOME_FAILED, guarded, report
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import OUTPUT, Debug, Json, Model, Quiet
from vitxplain.models.known_models import DEFAULT


@guarded
def inspect(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Files, folders, patterns ('**/*.jpg') or URLs.", show_default=False),
    ],
    model: Model = DEFAULT,
    method: Annotated[
        list[str],
        typer.Option(
            "--method",
            "--methods",
            help="Methods whose maps are shown beside the attention, separated by commas.",
            autocompletion=complete_methods,
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer's way; never changed
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="T", help="What the methods explain, as in `vitx explain`.", show_default=False
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The HTML file.", rich_help_panel=OUTPUT)] = Path(
        "vitx-out/inspect.html"
    ),
    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            metavar="DIR",
            help="Keep the recording, for TensorBoard and Python, in this folder.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Keep every layer whole, also beyond 30 MB.", rich_help_panel=OUTPUT)
    ] = False,
    *,
    model_options: ModelOptions,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Write one HTML file in which you walk through a model's attention by hand: layers, heads, patches.

    It opens from disk, offline. Exit codes: 0 all done, 1 something failed (the rest is done), 2 nothing attempted.
    """
    from tempfile import TemporaryDirectory

    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.shared.console import out as stdout
    from vitxplain.cli.shared.console import print_json, printable
    from vitxplain.errors import CaptureError, ImageError, OptionError, describe
    from vitxplain.files.paths import user_path
    from vitxplain.files.write import check_writable
    from vitxplain.inspect import record as start
    from vitxplain.scale.image_sources import find

    file = user_path(out)
    if file.suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"--out is {out}; it takes a file that ends in .html (--record keeps a folder).")
    check_writable(file.parent)
    methods = [name.strip() for word in method for name in word.split(",") if name.strip()]
    loaded = model_options.load(model)
    failed = 0
    with TemporaryDirectory() as scratch:
        recorder = start(loaded, user_path(record) if record is not None else scratch, methods=methods, target=target)
        for source in find(images):
            try:
                if source.error:
                    raise ImageError(source.error)
                recorder.add([source.path], names=[source.stem])
            except (ImageError, CaptureError) as error:  # any other is of the model or the call, whatever the image
                failed += 1
                report(error, debug=debug, about=source.path)
                if json:
                    print_json({"input": source.path, "method": None, "error": describe(error)})
        if not recorder.recorded:
            return SOME_FAILED
        path = recorder.save(file, full=full)
    if json:
        print_json({"model": loaded.source, "images": recorder.recorded, "file": str(path)})
    elif not quiet:
        images_of = f"{recorder.recorded} image{'' if recorder.recorded == 1 else 's'}"
        stdout().print(f"{images_of}, {path.stat().st_size / 1e6:.1f} MB → {printable(path)}", soft_wrap=True)
    return SOME_FAILED if failed else DONE
