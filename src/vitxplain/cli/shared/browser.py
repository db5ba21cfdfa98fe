"""Opening a page in the browser of whoever sits before the terminal, and nowhere else."""

import os
import sys
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_REMOTE_OR_UNATTENDED = ("CI", "SSH_CONNECTION", "SSH_TTY")


def show_page(file: Path) -> None:
    """Open this file, where somebody looks at a screen of this machine; its path has been printed in any case."""
    if sys.stdout.isatty() and has_screen(os.environ, sys.platform):
        with suppress(webbrowser.Error, OSError):
            webbrowser.open_new_tab(Path(os.path.abspath(file)).as_uri())  # noqa: PTH100 - resolve() would follow links


def has_screen(environment: Mapping[str, str], platform: str) -> bool:
    """Whether programs can show a window to whoever typed the command."""
    if any(environment.get(name) for name in _REMOTE_OR_UNATTENDED):
        return False
    on_desktop = platform in ("darwin", "win32", "cygwin")
    return on_desktop or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
