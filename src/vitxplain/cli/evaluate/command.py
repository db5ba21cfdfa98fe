"""vitx evaluate"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from vitxplain.cli.shared.completion import complete_models
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import OF_MODEL, OUTPUT, BatchSize, Debug, Json, Methods, MinScore, Quiet
from vitxplain.models.known_models import DEFAULT


@guarded
def evaluate(
    model: Annotated[
        list[str],
        typer.Option(
            "--model",
            "-m",
            help="One or more models, separated by commas: folders, short names (`vitx models`), Hub ids.",
            autocompletion=complete_models,
            show_default=f"{DEFAULT}; with --maps the one that made them, or none",
            rich_help_panel=OF_MODEL,
        ),
    ] = [],  # noqa: B006 - typer's way; never changed
    data: Annotated[
        list[str],
        typer.Option(
            "--data",
            help="One or more data sets, separated by commas: built-in sets, folders, Hub ids.",
            show_default="that of the runs; else digits",
        ),
    ] = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    metric: Annotated[
        list[str],
        typer.Option(
            "--metric",
            "--metrics",
            help="One or more metrics, separated by commas, or all; deletion:blur is one with its choice.",
            show_default="average-precision,pointing-game,insertion,deletion",
        ),
    ] = [],  # noqa: B006
    preset: Annotated[
        Literal["deepvisionxplain", "chefer"] | None,
        typer.Option("--preset", help="Score as others published it: metrics, methods, and how images are shown."),
    ] = None,
    split: Annotated[
        Literal["train", "validation", "test"], typer.Option("--split", help="Part of the data.")
    ] = "test",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many images.")] = None,
    option: Annotated[
        list[str],
        typer.Option(
            "-o",
            "--option",
            metavar="[NAME.]KEY=VALUE",
            help="An option of a method, a metric or of data; without NAME, of each that has it. "
            "deletion.baseline=zero,blur gives the metric once with each.",
            show_default=False,
        ),
    ] = [],  # noqa: B006
    maps: Annotated[
        str | None,
        typer.Option(
            "--maps",
            metavar="DIR",
            help="Score stored maps: what vitx explain --format parquet wrote, also at s3://BUCKET/FOLDER, or those of "
            "another tool, a folder with a folder for each method.",
        ),
    ] = None,
    truth: Annotated[
        Literal["box", "mask", "found"] | None,
        typer.Option(
            "--truth",
            help="Where the map of a thing that is found is to lie: its true box or mask, or where the model finds it.",
            show_default="box of an object, mask of a class",
        ),
    ] = None,
    min_score: MinScore = None,
    cost: Annotated[bool, typer.Option("--cost", help="Measure time, memory and operations, too.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a damaged image; else it is skipped.")] = False,
    batch_size: BatchSize = 8,
    *,
    opening: ModelOptions,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for the results; run again, it goes on where it was.",
            show_default="vitx-out/evaluate/MODELS-DATA-SPLIT",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Forget what is in the folder.", rich_help_panel=OUTPUT)
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> int:
    """Score explanations: is the map where the object is, and does the model use what it shows?

    Every model and method on labelled images, beside maps that know nothing of the model, with 95 % intervals, and
    last which method to take. Writes report.html, which needs nothing beside it, evaluation.json, evaluation.csv,
    evaluation.md, matrix.csv, matrix.tex, images.csv, scores.png, curves.png and best-and-worst/; for several data
    sets a folder each, and report.html, table.md and table.csv of all.

    Exit codes: 0 all done, 1 something failed (the rest is done), 2 nothing attempted, 130 Ctrl-C, 143 SIGTERM.
    """
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.evaluate.job import loader, run
    from vitxplain.cli.evaluate.plan import TypedNames, plan_requests
    from vitxplain.evaluation.plan.request import EvaluationRequest

    request = EvaluationRequest(
        models=None,
        data="",
        preset=preset,
        maps=maps,
        split=split,
        limit=limit,
        out=out,
        strict=strict,
        device=opening.device,
        load=loader(opening),
        batch_size=batch_size,
        overwrite=overwrite,
        cost=cost,
        truth=truth,
        min_score=min_score,
    )
    requests, folder = plan_requests(TypedNames(model, data, method, metric, option), request)
    return run(requests, folder, json=json, quiet=quiet)
