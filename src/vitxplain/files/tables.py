"""Tables as the bytes of a csv file."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from vitxplain.escape import csv_cell, utf8


def csv_bytes(
    header: Iterable[Any], rows: Iterable[Iterable[Any]], *, line_end: str = "\n", as_is: bool = False
) -> bytes:
    """The csv file, in UTF-8: the header, then the rows, a line each; None becomes an empty cell.

    Cells that a spreadsheet would take for formulas are marked (`csv_cell`); not so `as_is`, a table of the user's own.
    """
    text = StringIO()
    cells = ([value if as_is else csv_cell(value) for value in row] for row in (header, *rows))
    csv.writer(text, lineterminator=line_end).writerows(cells)
    return utf8(text.getvalue())
