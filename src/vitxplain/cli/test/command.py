"""vitx test"""

# ruff: noqa: PT028 - a command called test, not a test

from pathlib import Path
from typing import Annotated, Literal

import typer

from vitxplain.cli.shared.data_options import data_options
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import OUTPUT, BatchSize, Debug, Json, Model, Quiet
from vitxplain.files.paths import user_path


@guarded
def test(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option("--data", help="A built-in set, a folder or a Hub id.", show_default="that of the run"),
    ] = None,
    split: Annotated[
        Literal["train", "validation", "test"], typer.Option("--split", help="Part of the data.")
    ] = "test",
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many images.")] = None,
    option: Annotated[
        list[str],
        typer.Option("-o", "--option", metavar="data.KEY=VALUE", help="An option of the data.", show_default=False),
    ] = [],  # noqa: B006 - typer's way; never changed
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a damaged image; else it is skipped.")] = False,
    worst: Annotated[int, typer.Option("--worst", min=0, help="How many of the worst images to explain.")] = 12,
    method: Annotated[
        str, typer.Option("--method", "--methods", help="How to explain them; auto chooses by the model.")
    ] = "auto",
    batch_size: BatchSize = 32,
    *,
    model_options: ModelOptions,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for the results.",
            show_default="RUN/test; with other data RUN/test/DATA-SPLIT; of no run vitx-out/test/MODEL-DATA-SPLIT",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """Test a model on labelled images: accuracy and loss, of a detector mAP, of a segmenter mIoU, and the worst images.

    Writes test.json, per_class.csv, predictions.csv, confusion.png and worst.png, in which maps show why the model
    said what it said about the images it got wrong. The same test again replaces its files; another one has a folder
    of its own.
    """
    from vitxplain.assessment.assess import assess
    from vitxplain.cli.shared.console import print_json, print_note
    from vitxplain.cli.shared.progress import progress
    from vitxplain.cli.shared.run_data import data_of, run_of
    from vitxplain.cli.test.facts import facts_of, skipped_in
    from vitxplain.cli.test.report import print_assessment
    from vitxplain.cli.test.result_folder import earlier, folder_of
    from vitxplain.data.load import load_data
    from vitxplain.explainers.passes.choose import build, check_names
    from vitxplain.explainers.passes.fit import auto_method, reason, require
    from vitxplain.files.write import check_writable

    run = run_of(model)
    check_names([method])
    source, options = data_of(model, run, data, data_options(option))
    folder = user_path(out) if out else folder_of(model, run, source, split, options, limit)
    check_writable(folder)
    samples = load_data(source, split, limit=limit, strict=strict, options=options)
    for note in samples.notes if not quiet else ():
        print_note(f"note: {note}")
    loaded = model_options.load(model)
    (explainer,) = build([auto_method(loaded) if method == "auto" else method], {}).values()
    if worst and method != "auto":
        require(loaded, [explainer])
    elif worst and (why := reason(explainer, loaded.probe())):
        print_note(f"note: no maps of the worst images are drawn: {why}.")
        worst = 0
    with progress("testing", len(samples), shown=not (quiet or json)) as advance:
        assessment = assess(loaded, samples, batch_size=batch_size, progress=advance)
    for note in assessment.data.notes if not quiet else ():
        if note not in samples.notes:  # of what was left out for this kind of model
            print_note(f"note: {note}")
    for problem in skipped_in(assessment):
        print_note(f"skipped: {problem}")
    before = earlier(folder)
    files = assessment.save(folder, worst=worst, method=explainer)
    if before and not quiet:
        print_note(f"note: {folder} held a test {before}; it is replaced.")
    if json:
        print_json({**facts_of(assessment), "files": [str(file) for file in files]})
    elif not quiet:
        print_assessment(assessment, files)
