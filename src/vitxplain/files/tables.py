"""Tables as the bytes of a csv file."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from vitxplain.escape import utf8


def csv_bytes(header: Iterable[Any], rows: Iterable[Iterable[Any]], *, line_end: str = "\n") -> bytes:
    """The csv file, in UTF-8: the header, then the rows, a line each; None becomes an empty cell."""
    text = StringIO()
    csv.writer(text, lineterminator=line_end).writerows([header, *rows])
    return utf8(text.getvalue())
