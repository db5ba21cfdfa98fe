"""vitx explain"""

from typing import TYPE_CHECKING, Annotated

import typer

from vitxplain.cli.shared.completion import complete_styles
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import OUTPUT, BatchSize, Debug, Images, Json, Methods, MinScore, Model, Quiet
from vitxplain.cli.shared.width import Width
from vitxplain.models.known_models import DEFAULT
from vitxplain.render.draw import STYLES

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@guarded
def explain(
    images: Images = None,
    model: Model = DEFAULT,
    method: Methods = ["auto"],  # noqa: B006 - typer's way; never changed
    option: Annotated[
        list[str],
        typer.Option(
            "-o",
            "--option",
            metavar="[METHOD.]KEY=VALUE",
            help="An option of a method; without METHOD, of each that has it. bands=4,3,2: the bands pictures show.",
            show_default=False,
        ),
    ] = [],  # noqa: B006
    target: Annotated[
        list[str],
        typer.Option(
            "--target",
            metavar="T",
            help="What to explain, once or more: a class by index or name, or of what a model finds object:0, dog#1, "
            "segment:2, box:LEFT,TOP,RIGHT,BOTTOM, @X,Y, mask:FILE or all; 'Egyptian cat~tabby' asks why the one and "
            "not the other (a contrast). "
            "Of a model without a head cls, patch@X,Y or register:0. "
            "Default: the top class, or the first --top-k objects or segments.",
            show_default=False,
        ),
    ] = [],  # noqa: B006
    top_k: Annotated[
        int, typer.Option("--top-k", min=1, help="How many classes to name, objects or segments to explain.")
    ] = 5,
    min_score: MinScore = None,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            metavar="DIR|FILE",
            help="Folder for the results, or where there is just one, a file: cat.png; for parquet also "
            "s3://BUCKET/FOLDER.",
            rich_help_panel=OUTPUT,
        ),
    ] = "vitx-out",
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="What to write: some of png, pdf, svg, npz, json, csv (one table of all maps), gif (of what moves; "
            "beside the usual three without being asked); or parquet, for any number of images: shards of 256, folders "
            "at any depth, and run again it goes on where it ended.",
            show_default="png,npz,json",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="D", help="A data set in place of IMAGE, with --format parquet.", show_default=False
        ),
    ] = None,
    push_to_hub: Annotated[
        str | None,
        typer.Option(
            "--push-to-hub",
            metavar="OWNER/NAME",
            help="With --format parquet: put the maps into this data set of the Hub, a new one private.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    batch_size: BatchSize = 8,
    style: Annotated[
        str,
        typer.Option(
            "--style",
            metavar="NAME",
            help=f"Kind of picture: auto (by the method), {', '.join(STYLES)}.",
            autocompletion=complete_styles,
            rich_help_panel=OUTPUT,
        ),
    ] = "auto",
    width: Width = None,
    cmap: Annotated[
        str | None,
        typer.Option(
            "--cmap",
            metavar="NAME",
            help="Colour map of pictures, by its name in matplotlib: viridis, gray ...",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(
            "--title",
            metavar="TEXT",
            help="In place of the large line above pictures; '' leaves both lines away and prints a caption instead.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    dpi: Annotated[
        float | None,
        typer.Option(
            "--dpi",
            metavar="N",
            help="Dots an inch of png, and of photographs in pdf and svg.",
            show_default="120, in pdf and svg 300",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    percentile: Annotated[
        float | None,
        typer.Option(
            "--percentile",
            metavar="P",
            help="Where the scale of colours ends: 99 lets the highest hundredth look alike; numbers stay as they are.",
            show_default="the highest value",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    *,
    model_options: ModelOptions,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Explain what a model sees in images: one picture, one array and one record for each image and method.

    Exit codes: 0 all done, 1 something failed (the rest is done), 2 nothing attempted, 130 interrupted.
    """
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.explain.drawing import Drawing
    from vitxplain.cli.explain.job import run
    from vitxplain.cli.explain.plan import Job, is_sharded, plan
    from vitxplain.cli.explain.report import Reporter
    from vitxplain.files.paths import is_file, user_path

    def opened() -> "VisionModel":
        loaded = model_options.load(model)
        if not quiet and is_file(user_path(model) / "config.yaml"):  # of others nothing of training is imported
            from vitxplain.cli.shared.console import print_note
            from vitxplain.cli.shared.run_data import unfinished

            if note := unfinished(model):
                print_note(note)
        return loaded

    drawing = Drawing(style, width, dpi, cmap, title, percentile)
    if is_sharded(formats, images, data, push_to_hub):
        from vitxplain.cli.explain.sharded import Sharded, explain_sharded  # which takes pyarrow

        sharded = Sharded(method, option, target, top_k, batch_size, min_score, out, drawing.first_typed, push_to_hub)
        return explain_sharded(sharded, images, data, opened, json=json, quiet=quiet)
    explain_plan = plan(method, option, formats, out, drawing)
    reporter = Reporter(json=json, quiet=quiet, debug=debug, with_target=bool(target), captions=title == "")
    return run(Job(opened().finding_from(min_score), explain_plan, images or [], target, top_k, batch_size), reporter)
