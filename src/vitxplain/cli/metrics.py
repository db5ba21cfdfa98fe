"""vitx metrics"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.text import Text

from vitxplain.cli.shared.completion import complete_metric
from vitxplain.cli.shared.console import out, print_json, print_table
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import Debug, Json, Quiet
from vitxplain.cli.shared.registered import (
    described,
    foreign_package,
    options_of,
    print_example,
    print_options,
    registered,
    text_and_paper,
)


@guarded
def metrics(
    metric: Annotated[
        str | None,
        typer.Argument(
            metavar="[METRIC]",
            help="Show the options of this one.",
            autocompletion=complete_metric,
            show_default=False,
        ),
    ] = None,
    *,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """List the metrics, those of plugins included: which way is better and what each needs; with METRIC its options."""
    if metric is None:
        _list(json=json, quiet=quiet)
        return
    details = _details(metric)
    if json:
        print_json(details)
    else:
        _show(details, quiet=quiet)


def _list(*, json: bool, quiet: bool) -> None:
    """Everything registered; nothing is imported."""
    from vitxplain import registry

    rows = registered("metrics")
    for row, points in zip(rows, registry.offered("metrics").values(), strict=True):
        row["better"] = registry.constant(points[0], "better")
        row["needs"] = sorted(registry.constant(points[0], "needs") or ())
    if json:
        for row in rows:
            print_json(row)
        return
    foreign = any(foreign_package(row["packages"]) for row in rows)
    console = out()
    wide = console.width >= 140  # the paper has a column of its own, or none
    columns = ["Metric", "Better", "Needs", "What it measures", *["Paper"] * wide, *["Package"] * foreign]
    print_table(columns, [_cells(row, wide, foreign) for row in rows], console)
    if not quiet:
        out().print(
            "\nNeeds: mask, to know where the object is; model, to ask about changed images;\n"
            "method, to explain again.   The options of one: vitx metrics METRIC.\n"
            "Measured with: vitx evaluate --metrics METRIC."
        )


def _cells(row: Mapping[str, Any], wide: bool, foreign: bool) -> list[str]:
    measures, paper = text_and_paper(row["summary"])
    package = foreign_package(row["packages"])
    needs = " ".join(row["needs"])
    return [row["metric"], row["better"] or "", needs, measures, *[paper] * wide, *[package] * foreign]


def _details(name: str) -> dict[str, Any]:
    """What a metric measures and its options, as plain values; its class is loaded for them.

    Raises:
        UnknownNameError, PluginError: there is no such metric, or its package is broken.
    """
    from vitxplain import registry

    metric: Any = registry.load("metrics", name)
    return {
        **described("metrics", registry.canonical("metrics", name)),
        "better": metric.better,
        "needs": sorted(metric.needs),
        "options": options_of(metric),
    }


def _show(details: Mapping[str, Any], *, quiet: bool) -> None:
    """The same for people; with --quiet the options alone."""
    if not quiet:
        out().print(Text.assemble((details["metric"], "bold"), f": {details['summary']}."))
        package = foreign_package(details["packages"])
        out().print(
            f"Better: {details['better']}. Needs: {_listed(details['needs'])}.{f' From {package}.' * bool(package)}\n"
        )
    print_options(details["options"])
    if not quiet:
        print_example(f"vitx evaluate --metrics {details['metric']} -o ", details["options"])


def _listed(needs: Iterable[str]) -> str:
    words = {"mask": "a mask or box of the object", "model": "the model", "method": "the model and the method"}
    return " and ".join(words.get(need, need) for need in needs) or "the map alone"
