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
    percentile: float | None = None  # of the sizes of a map's values, at which its scale ends

    def check(self) -> None:
        """Raises:
        OptionError: no such resolution or percentile.
        """
        if self.dpi is not None and not (_is_number(self.dpi) and 1 <= self.dpi <= MOST_DPI):
            raise OptionError(f"dpi is {self.dpi!r}; it takes dots an inch, 1 to {MOST_DPI}, such as 300.")
        if self.percentile is not None and not (_is_number(self.percentile) and 0 < self.percentile <= 100):
            raise OptionError(f"percentile is {self.percentile!r}; it takes a number above 0, to 100, such as 99.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


PLAIN: Final = Look()
