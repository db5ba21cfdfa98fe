"""Inline: the viewer within a notebook as a page in a frame, which survives saving and needs no package."""

import os
import sys
from dataclasses import dataclass, field
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from vitxplain.inspect.page import page

if TYPE_CHECKING:
    from vitxplain.inspect.recording import Recording

_VS_CODE: Final = frozenset({"VSCODE_PID", "VSCODE_CWD"})


@dataclass(frozen=True, eq=False)
class Inline:
    """A recording as notebooks show it."""

    recording: "Recording" = field(repr=False)
    height: int = 720

    def _repr_html_(self) -> str:
        content = escape(page(self.recording))
        style = f"width:100%;height:{self.height}px;border:0"
        return f'<iframe srcdoc="{content}" style="{style}" title="vitxplain"></iframe>'


def widgets_work() -> bool:
    """Whether this is a notebook that runs widgets from the kernel alone, and anywidget is installed."""
    if "ipykernel" not in sys.modules or find_spec("anywidget") is None:
        return False
    return "google.colab" not in sys.modules and not _in_vs_code()


def _in_vs_code() -> bool:
    """Whether VS Code started the kernel, as far as can be told: it tells where the notebook is in a variable of the
    notebook, and in the environment, of which parts are missing in containers and under WSL.
    """
    from IPython import get_ipython

    shell = get_ipython()
    told = shell is not None and "__vsc_ipynb_file__" in shell.user_ns
    return told or not _VS_CODE.isdisjoint(os.environ)
