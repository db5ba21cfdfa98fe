"""`vitx plugin`: start a package with a method of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import OUTPUT, Debug, Json, Quiet

plugin = typer.Typer(
    name="plugin",
    help="Start a package with a method of your own.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@plugin.callback()
def group() -> None:
    """Start a package with a method of your own."""


@guarded
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The method's name, such as edge-attention.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="The new folder. Default: vitxplain-NAME.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """Write a package with a method that works: its module, its tests, its entry point and a README."""
    from vitxplain.cli.plugin.package import write_package
    from vitxplain.cli.shared.console import out as stdout
    from vitxplain.cli.shared.console import print_json, printable
    from vitxplain.files.paths import user_path

    folder = user_path(out or f"vitxplain-{name}")
    files = write_package(name, folder)
    if json:
        print_json({"method": name, "folder": str(folder), "files": [str(file) for file in files]})
    elif not quiet:
        where = printable(folder)
        stdout().print(
            f"{where}: {len(files)} files. The method works as it is; next:\n"
            f"  pip install -e '{where}[test]'\n  pytest {where}\n"
            f"  vitx explain cat.jpg --model demo-vit --method {name}",
            soft_wrap=True,
        )


plugin.command()(new)
