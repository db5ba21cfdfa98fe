"""vitx methods"""

from typing import Annotated, Any

import typer
from rich.text import Text

from vitxplain.cli.shared.completion import complete_method, complete_models
from vitxplain.cli.shared.console import no, out, print_json, print_table, yes
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import OF_MODEL, Debug, Json, Quiet


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
    opening: ModelOptions,
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

    one = details(method) if method is not None else {}
    found = capabilities(opening.load(model)) if model is not None else {"methods": []}
    asked = [row for row in found["methods"] if not one or row["method"] == one["method"]]
    rows = [{"model": found["model"], **row} for row in asked]
    if json:
        for row in rows or [{}]:
            print_json({**one, **row})
        return
    if one:
        show_details(one, quiet=quiet)
    if rows:
        _report({**found, "methods": rows}, quiet=quiet)


def _list(*, json: bool, quiet: bool) -> None:
    """Everything registered; nothing is imported."""
    from vitxplain import registry

    rows = [
        {
            "method": name,
            "aliases": registry.aliases("explainers", name),
            "summary": registry.summary(points[0]),
            "packages": [registry.package(point) for point in points],
        }
        for name, points in registry.offered("explainers").items()
    ]
    if json:
        for row in rows:
            print_json(row)
        return
    foreign = any(_package(row) for row in rows)
    console = out()
    wide = console.width >= 120  # the paper has a column of its own, or none
    columns = ["Method", "Or", "What it shows", *["Paper"] * wide, *["Package"] * foreign]
    print_table(columns, [_listed(row, wide, foreign) for row in rows], console)
    if not quiet:
        out().print(
            "\nWhich of them fit a model: vitx methods --model MODEL.   The options of one: vitx methods METHOD.\n"
            "Without --method vitx explain chooses."
        )


def _listed(row: dict[str, Any], wide: bool, foreign: bool) -> list[str]:
    shows, _, paper = row["summary"].removesuffix(")").partition(" (")
    return [row["method"], (row["aliases"] or [""])[0], shows, *[paper] * wide, *[_package(row)] * foreign]


def _package(row: dict[str, Any]) -> str:
    """The package of a plugin; nothing for what is built in."""
    packages: list[str] = row["packages"]
    if len(packages) > 1:
        return f"{' and '.join(packages)}: uninstall one of them"
    return "" if packages[0].startswith("vitxplain ") else packages[0]


def _report(found: dict[str, Any], *, quiet: bool) -> None:
    if not quiet:
        out().print(Text.assemble((found["model"], "bold"), f": {found['what']}.\n"))
    rows = [
        (
            f"{row['method']} (auto)" if row["auto"] else row["method"],
            yes() if row["fits"] else no(),
            " × ".join(map(str, row["grid"])) if row["grid"] else "",
            row["why"] or row["layer"] or "",
        )
        for row in found["methods"]
    ]
    print_table(["Method", "Fits", "Grid", "Layer, or why not"], rows)
