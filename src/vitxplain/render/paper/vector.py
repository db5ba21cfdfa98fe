"""Figures as PDF and SVG: letters stay letters, and the same figure gives the same bytes."""

import threading
from io import BytesIO
from typing import Any, Final

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
import matplotlib
from matplotlib.figure import Figure

VECTORS: Final = ("pdf", "svg")
PRINT: Final = 300  # dots an inch of the photographs inside, where nobody says
# Type 42 holds the font whole, as publishers ask, and SVG names it; a name for what is shared keeps SVG's ids the same.
_LETTERS: Final[Any] = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "vitxplain"}
_UNDATED: Final = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
_SETTINGS = threading.Lock()  # matplotlib's are of the whole process


def vector_bytes(figure: Figure, form: str, dpi: float | None = None, keywords: str = "") -> bytes:
    """The figure as a file of this form, "pdf" or "svg", without a date; `dpi` is that of photographs in it.

    `keywords` are of the file, and not to be seen in the picture.
    """
    buffer = BytesIO()
    facts = {**_UNDATED[form], **({"Keywords": keywords} if keywords else {})}
    with _SETTINGS, matplotlib.rc_context(_LETTERS):
        figure.savefig(buffer, format=form, dpi=dpi or PRINT, metadata=facts)
    return buffer.getvalue()
