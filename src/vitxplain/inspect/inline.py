"""Inline: the viewer within a notebook as a page in a frame, which survives saving and needs no package."""

from dataclasses import dataclass, field
from html import escape
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
