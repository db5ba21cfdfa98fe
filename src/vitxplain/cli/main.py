"""`vitx`: the commands, in the order of `vitx --help`."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from vitxplain.cli.compare.command import compare
from vitxplain.cli.data.commands import data
from vitxplain.cli.demo import demo
from vitxplain.cli.evaluate.command import evaluate
from vitxplain.cli.explain.command import explain
from vitxplain.cli.export import export
from vitxplain.cli.info import info
from vitxplain.cli.inspect import inspect
from vitxplain.cli.labels import labels
from vitxplain.cli.methods.command import methods
from vitxplain.cli.metrics import metrics
from vitxplain.cli.models import models
from vitxplain.cli.patches import patches
from vitxplain.cli.plugin.commands import plugin
from vitxplain.cli.serve import serve
from vitxplain.cli.shared.streams import readers_may_leave
from vitxplain.cli.test.command import test
from vitxplain.cli.train.command import train
from vitxplain.cli.train.did_you_mean import TrainingCommand
from vitxplain.cli.train.tune import tune

HELP: Final = ["-h", "--help"]

app = typer.Typer(
    name="vitx",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": HELP},
)
for command in (
    *(demo, explain, compare, inspect, serve, methods, metrics, models, labels, info, patches),
    *(train, test, tune, evaluate, export),
):
    app.command(cls=TrainingCommand if command in (train, tune) else None)(command)
app.add_typer(data)
app.add_typer(plugin)


def _show_version(wanted: bool) -> bool:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"vitx {version('vitxplain')}")
        raise typer.Exit
    return wanted


@app.callback()
def vitx(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Explain any vision transformer or CNN: from an image to a map you can trust.

    Start with `vitx explain cat.jpg`.
    """


def main() -> None:
    """The entry point of the command."""
    _make_streams_take_anything()
    with readers_may_leave():
        if not _print_help(sys.argv[1:]):
            app(prog_name="vitx")


def _print_help(arguments: Sequence[str]) -> bool:
    """Print the help of `COMMAND... --help`, and say whether that is what was typed.

    The same text comes from `app`, which reads the arguments with pydantic first: a quarter of the time.
    """
    *names, last = arguments or [""]
    if last not in HELP:
        return False
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name="vitx", **command.context_settings)
    for name in names:
        command = command.get_command(context, name) if hasattr(command, "get_command") else None
        if command is None:
            return False
        context = command.context_class(command, info_name=name, parent=context, **command.context_settings)
    typer.echo(context.get_help())
    return True


def _make_streams_take_anything() -> None:
    """What a terminal's encoding lacks is escaped; a closed standard output swallows."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - for the rest of the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
