"""vitx compare"""

from pathlib import Path
from typing import Annotated

import typer

from vitxplain.cli.shared.completion import complete_methods, complete_models
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import OF_MODEL, OUTPUT, BatchSize, Debug, Images, Json, MinScore, Quiet
from vitxplain.cli.shared.width import Width
from vitxplain.models.known_models import DEFAULT


@guarded
def compare(
    images: Images = None,
    models: Annotated[
        list[str],
        typer.Option(
            "--models",
            "--model",
            "-m",
            metavar="A,B",
            help="One or more models, as in `vitx explain`, separated by commas.",
            autocompletion=complete_models,
            rich_help_panel=OF_MODEL,
        ),
    ] = [DEFAULT],  # noqa: B006 - typer's way; never changed
    methods: Annotated[
        list[str],
        typer.Option(
            "--methods",
            "--method",
            metavar="X,Y",
            help="One or more methods, separated by commas (`vitx methods`); auto chooses by the model.",
            autocompletion=complete_methods,
        ),
    ] = ["auto"],  # noqa: B006
    targets: Annotated[
        list[str],
        typer.Option(
            "--targets",
            metavar="T,U",
            help="What to explain, separated by commas: classes, 'Egyptian cat~tabby' (a contrast), object:0, "
            "box:1,2,3,4 ... Default: what each model says of each image.",
            show_default=False,
        ),
    ] = [],  # noqa: B006
    target: Annotated[
        list[str],
        typer.Option(
            "--target", metavar="T", help="One of them, once or more; never split at commas.", show_default=False
        ),
    ] = [],  # noqa: B006
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="D",
            help="A data set in place of IMAGE; where its objects are known, they are outlined.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many images of the data.")] = 4,
    controls: Annotated[
        str,
        typer.Option(
            "--controls",
            metavar="C,D",
            help="Maps to hold the others against: centre, edges, smoothed edges, random, random-weights.",
            show_default=False,
        ),
    ] = "",
    option: Annotated[
        list[str],
        typer.Option(
            "-o",
            "--option",
            metavar="[METHOD.]KEY=VALUE",
            help="An option of a method, or with data.KEY=VALUE of the data.",
            show_default=False,
        ),
    ] = [],  # noqa: B006
    rows: Annotated[
        str,
        typer.Option(
            "--rows",
            metavar="SIDE,SIDE",
            help="Which of images, models, methods and targets are rows; the others are columns.",
            show_default="images, models",
        ),
    ] = "",
    shared_scale: Annotated[
        bool, typer.Option("--shared-scale", help="One scale of colours for all maps of a method.")
    ] = False,
    min_score: MinScore = None,
    batch_size: BatchSize = 8,
    title: Annotated[
        str | None,
        typer.Option(
            "--title", help="In place of the first line; empty: no lines above the grid.", rich_help_panel=OUTPUT
        ),
    ] = None,
    names: Annotated[
        list[str],
        typer.Option(
            "--names",
            metavar="OLD=NEW,...",
            help="What images, models, methods and targets are called in the figure: grad-cam=Grad-CAM,cat='My cat'.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = [],  # noqa: B006
    width: Width = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The picture: .png, .pdf or .svg.", rich_help_panel=OUTPUT)
    ] = Path("vitx-out/compare.png"),
    *,
    model_options: ModelOptions,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Compare images, models, methods and classes in one figure; what cannot be explained says why in its cell.

    Exit codes: 0 all done, 1 some maps could not be made (the rest is drawn), 2 nothing attempted, 130 interrupted.
    """
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.compare.job import Job, run

    sources = images or []
    typed = Job(
        sources,
        models,
        methods,
        targets,
        target,
        data,
        limit,
        controls,
        option,
        rows,
        title,
        names,
        width,
        out,
        min_score,
        batch_size,
    )
    return run(typed, model_options, shared_scale=shared_scale, json=json, quiet=quiet, debug=debug)
