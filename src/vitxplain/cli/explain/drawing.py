"""What of pictures was typed: style, width, resolution, colours, title."""

import shlex
from dataclasses import dataclass

from vitxplain.cli.shared.width import typed_inches
from vitxplain.explanation.look import Look
from vitxplain.explanation.storage import AUTO
from vitxplain.render.draw import check_colours, check_style


@dataclass(frozen=True)
class Drawing:
    """The options of `vitx explain` that are about pictures, as typed; None where one was not."""

    style: str = AUTO
    width: str | None = None
    dpi: float | None = None
    cmap: str | None = None
    title: str | None = None
    percentile: float | None = None

    @property
    def first_typed(self) -> str:
        """The first of them that was typed, as it was typed; empty where none was."""
        typed = vars(self) | {"style": None if self.style == AUTO else self.style}
        numbers = (f"{value:g}" if isinstance(value, float) else value for value in typed.values())
        return next(
            (f"--{key} {shlex.quote(value)}" for key, value in zip(typed, numbers, strict=True) if value is not None),
            "",
        )

    def look(self) -> Look:
        """Raises:
        UnknownNameError, OptionError: no such style, colour map, width or resolution.
        """
        check_style(self.style)
        if self.cmap is not None:
            check_colours(self.cmap, self.style)
        width = None if self.width is None else typed_inches(self.width)
        look = Look(width, self.dpi, self.cmap, self.title, self.percentile)
        look.check()
        return look
