"""vitx methods"""

from typing import Annotated, Any

import typer
from rich.text import Text

from vitxplain.cli.shared.completion import complete_method, complete_models
from vitxplain.cli.shared.console import no, out, print_json, print_table, printable, yes
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import OF_MODEL, Debug, Json, Quiet
from vitxplain.cli.shared.registered import foreign_package, registered, text_and_paper


@guarded
def methods(
    method: Annotated[
        str | None,
        typer.Argument(
            metavar="[METHOD]",
            help="Show the options of this one.",
            autocompletion=complete_method,
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="Say which methods fit this model, on which layer and grid, and why the others do not.",
            autocompletion=complete_models,
            rich_help_panel=OF_MODEL,
        ),
    ] = None,
    *,
    model_options: ModelOptions,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """List the methods, those of plugins included; with METHOD its options; with --model, what fits it."""
    if method is None and model is None:
        _list(json=json, quiet=quiet)
        return
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.methods.capabilities import capabilities
    from vitxplain.cli.methods.details import details, show_details

    method_details = details(method) if method is not None else {}
    model_report = capabilities(model_options.load(model)) if model is not None else {"methods": []}
    rows = [
        {"model": model_report["model"], **row}
        for row in model_report["methods"]
        if not method_details or row["method"] == method_details["method"]
    ]
    if json:
        for row in rows or [{}]:
            print_json({**method_details, **row})
        return
    if method_details:
        show_details(method_details, quiet=quiet)
    if rows:
        _report({**model_report, "methods": rows}, quiet=quiet)


def _list(*, json: bool, quiet: bool) -> None:
    """Everything registered; nothing is imported."""
    from vitxplain import registry

    rows = [
        {"method": row["method"], "aliases": registry.aliases("explainers", row["method"]), **row}
        for row in registered("explainers")
    ]
    if json:
        for row in rows:
            print_json(row)
        return
    foreign = any(foreign_package(row["packages"]) for row in rows)
    console = out()
    wide = console.width >= 120  # the paper has a column of its own, or none
    columns = ["Method", "Or", "What it shows", *["Paper"] * wide, *["Package"] * foreign]
    print_table(columns, [_cells(row, wide, foreign) for row in rows], console)
    if not quiet:
        out().print(
            "\nWhich of them fit a model: vitx methods --model MODEL.   The options of one: vitx methods METHOD.\n"
            "Without --method vitx explain chooses."
        )


def _cells(row: dict[str, Any], wide: bool, foreign: bool) -> list[str]:
    shows, paper = text_and_paper(row["summary"])
    package = foreign_package(row["packages"])
    return [row["method"], (row["aliases"] or [""])[0], shows, *[paper] * wide, *[package] * foreign]


def _report(model_report: dict[str, Any], *, quiet: bool) -> None:
    if not quiet:
        out().print(Text.assemble((printable(model_report["model"]), "bold"), f": {model_report['what']}.\n"))
    rows = [
        (
            f"{row['method']} (auto)" if row["auto"] else row["method"],
            yes() if row["fits"] else no(),
            " × ".join(map(str, row["grid"])) if row["grid"] else "",
            row["why"] or row["layer"] or "",
        )
        for row in model_report["methods"]
    ]
    print_table(["Method", "Fits", "Grid", "Layer, or why not"], rows)
