"""vitx serve"""

from typing import Annotated

import typer

from vitxplain.cli.shared.console import print_note
from vitxplain.cli.shared.guard import DONE, guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import Debug, Quiet
from vitxplain.interrupts import exit_code
from vitxplain.models.known_models import DEFAULT


@guarded
def serve(
    models: Annotated[
        str, typer.Option("--models", "--model", metavar="M[,M]", help="The models that visitors may choose.")
    ] = DEFAULT,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen on; 0.0.0.0 opens the server to the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 7860,
    allow_host: Annotated[
        list[str],
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A name by which browsers reach the server, beside the address itself; repeatable, '*' for any.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer's way; never changed
    *,
    model_options: ModelOptions,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> int:
    """Open a local page: drop an image, choose model, method and target, and walk through the attention.

    Needs the extra: pip install 'vitxplain[serve]'. No other server is asked anything; what was dropped is gone when
    this one ends (Ctrl-C).
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from vitxplain.cli.shared.console import out as stdout
    from vitxplain.inspect.hosts.running import run, sources

    names = sources(models)
    addresses: list[str] = []

    def started(address: str) -> None:
        addresses.append(address)
        if not quiet:
            stdout().print(f"{address}  (Ctrl-C ends it)")

    try:
        with TemporaryDirectory(prefix="vitxplain-") as folder:
            run(names, Path(folder), model_options.load, host=host, port=port, hosts=allow_host, started=started)
    except KeyboardInterrupt as stopped:  # how a server ends
        if not quiet:
            print_note("stopped; what was dropped is gone." if addresses else "stopped before it began to listen.")
        return exit_code(stopped)
    return DONE
