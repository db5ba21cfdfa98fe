"""run: the server of `vitx serve`, until it is interrupted."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitxplain.errors import OptionError, UsageError
from vitxplain.options.extras import check_installed

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


def sources(models: str) -> list[str]:
    """The models of a list with commas.

    Raises:
        OptionError: there is none.
    """
    names = list(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
    if not names:
        raise OptionError("--models names no model; give one or more, separated by commas.")
    return names


def run(
    models: Sequence[str],
    folder: Path,
    load: "Callable[[str], VisionModel]",
    *,
    host: str,
    port: int,
    hosts: Sequence[str],
    started: Callable[[str], object],
) -> None:
    """Serve until interrupted.

    Args:
        models: sources; the first is opened at once, so that a wrong one is told before anybody comes.
        folder: empty, for the records.
        load: makes a model of a source.
        host: the address to listen on.
        port: 0 takes a free one.
        hosts: names by which browsers may reach it, beside the address itself.
        started: is told the address of the page.

    Raises:
        UsageError: the extra `serve` is not installed, or the address cannot be taken.
        ModelLoadError: the first model cannot be opened.
    """
    check_installed("the server", "starlette", "uvicorn")
    import uvicorn

    from vitxplain.inspect.hosts.serve import LOOPBACK, application

    first = load(models[0])
    listening = _socket(host, port)
    address, port = listening.getsockname()[:2]
    allowed = [*hosts, address, *LOOPBACK] if address not in ("0.0.0.0", "::") or hosts else ["*"]  # noqa: S104
    app = application(models, folder, lambda source: first if source == models[0] else load(source), allowed)
    started(f"http://{f'[{address}]' if ':' in address else address}:{port}/")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    with listening:
        server.run([listening])


def _socket(host: str, port: int) -> socket.socket:
    """Listening at this address.

    Raises:
        UsageError: it is none of this machine, or taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"the server cannot listen at {host}:{port}: {getattr(error, 'strerror', None) or error}. Give another "
            "--port (0 takes a free one) or --host."
        ) from error
