"""How a picture is to look where it is not for the screen: what papers ask for."""

from dataclasses import dataclass
from typing import Final

from vitxplain.errors import OptionError

MOST_DPI: Final = 2400


@dataclass(frozen=True)
class Look:
    """Width, resolution, colours and title of a picture; None leaves each as it is."""

    width: float | str | None = None  # inches, or "column" or "page"
    dpi: float | None = None  # of a PNG, and of photographs in PDF and SVG
    cmap: str | None = None  # of matplotlib
    title: str | None = None  # in place of the large line; empty: no lines above the picture

    def check(self) -> None:
        """Raises:
        OptionError: no such resolution.
        """
        is_number = isinstance(self.dpi, (int, float)) and not isinstance(self.dpi, bool)
        if self.dpi is not None and not (is_number and 1 <= self.dpi <= MOST_DPI):
            raise OptionError(f"dpi is {self.dpi!r}; it takes dots an inch, 1 to {MOST_DPI}, such as 300.")


PLAIN: Final = Look()
