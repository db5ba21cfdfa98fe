"""vitx train"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vitxplain.cli.shared.console import print_note
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import OUTPUT, Debug, Device, Json, Quiet
from vitxplain.cli.train.options import Training
from vitxplain.errors import UsageError
from vitxplain.files.paths import user_path
from vitxplain.interrupts import exit_code

if TYPE_CHECKING:
    from vitxplain.cli.train.report import TrainReport as Report


@guarded
def train(
    *,
    training: Training,
    preset: Annotated[
        Literal["one-batch", "overfit", "percent"] | None,
        typer.Option("--preset", help="To find faults: memorise one batch or 200 images, or train on 1 % of the data."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the run.", show_default="vitx-runs/MODEL-DATA[-N]", rich_help_panel=OUTPUT
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the run in --out, from its last checkpoint.", rich_help_panel=OUTPUT),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that is there.", rich_help_panel=OUTPUT)
    ] = False,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> int | None:
    """Train a model on labelled images: fine-tune one, or make one from scratch.

    The run's folder holds config.yaml, metrics.csv, curves.png, checkpoints and model/, which `--model RUN` opens.

    Exit codes: 0 done, 1 it failed on the way, 2 nothing attempted, 130 Ctrl-C and 143 SIGTERM (a checkpoint is
    written).
    """
    if resume and out is None and not any((training.model, training.data, training.config)):
        from vitxplain.train.records.run_folder import unfinished_runs

        folders = ", ".join(str(folder) for folder in unfinished_runs())
        raise UsageError(f"which run is to go on? Give --out FOLDER{f': unfinished are {folders}' if folders else ''}.")
    report: Report | None = None
    try:
        import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

        from vitxplain.train.config.configure import configure
        from vitxplain.train.records.run_folder import model_and_data_of

        typed = [*training.option, *([f"preset={preset}"] if preset else [])]
        model, data, file = training.model, training.data, training.config and user_path(training.config)
        if resume and out:
            model, data = model_and_data_of(user_path(out), model, data)
        config = configure(file, typed, model=model, data=data, limit=training.limit, task=training.task)

        from vitxplain.cli.train.report import TrainReport
        from vitxplain.cli.train.report_callback import ReportCallback
        from vitxplain.train.run import train as run

        leads = os.environ.get("RANK", "0") == "0"  # of several processes one speaks
        report = TrainReport(json=json and leads, quiet=quiet or not leads, resume=resume)
        with report:
            result = run(
                config.model,
                config.data,
                task=config.task,
                out=out,
                options=config.options,
                model_options=config.model_options,
                data_options=config.data_options,
                limit=config.limit,
                strict=training.strict,
                device=device,
                resume=resume,
                overwrite=overwrite,
                callbacks=[ReportCallback(report)],
                on_start=report.on_start,
            )
    except KeyboardInterrupt as stopped:
        print_note(str(stopped) or (report.stopped() if report else "interrupted before the training began."))
        return exit_code(stopped)
    report.finished(result)
    return None
