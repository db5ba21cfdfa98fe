"""Inline: the viewer within a notebook as a page in a frame, which survives saving and needs no package."""

from dataclasses import dataclass, field
from html import escape


@dataclass(frozen=True, eq=False)
class Inline:
    """A page with the viewer, as notebooks show it."""

    page: str = field(repr=False)
    height: int = 720

    def _repr_html_(self) -> str:
        style = f"width:100%;height:{self.height}px;border:0"
        return f'<iframe srcdoc="{escape(self.page)}" style="{style}" title="vitxplain"></iframe>'
