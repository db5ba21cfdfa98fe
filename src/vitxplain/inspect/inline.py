"""Inline: the viewer within a notebook as a page in a frame, which survives saving and needs no package."""

import os
import sys
from dataclasses import dataclass, field
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING

from vitxplain.inspect.page import page

if TYPE_CHECKING:
    from vitxplain.inspect.recording import Recording


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
    elsewhere = "google.colab" in sys.modules or "VSCODE_PID" in os.environ
    return "ipykernel" in sys.modules and not elsewhere and find_spec("anywidget") is not None
