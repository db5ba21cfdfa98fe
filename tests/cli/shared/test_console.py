"""What is printed is text, whichever way it goes."""

import pytest
from rich.table import Table
from rich.text import Text

from vitxplain.cli.shared.console import err, out

NAME = "a\x1b[2J\x9b1m\u202eb"


@pytest.mark.parametrize(
    "printed", [NAME, Text(NAME), Text.assemble((NAME, "bold")), Table(NAME)], ids=["text", "Text", "bold", "table"]
)
def test_no_name_moves_the_cursor(printed: object, capsys: pytest.CaptureFixture[str]) -> None:
    for console in (out(), err()):
        console.print(printed)
        console.print(printed, style="red")
    said = capsys.readouterr()
    for stream in (said.out, said.err):
        assert not {"\x1b", "\x9b", "\u202e"} & set(stream)
        assert stream.count(r"a\x1b[2") == 2
