"""Messages of other libraries, as ours quote them."""

import pytest

from vitxplain.errors import reason


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Too small.", "Too small"),
        ("It is\n  too small.\nMake it larger:\n", "It is too small. Make it larger"),
        ("Version 2.1 of a.b is needed. " + "X" * 40, "Version 2.1 of a.b is needed"),
        ("x" * 41 + ". Short.", "OSError"),
        ("", "OSError"),
    ],
)
def test_whole_sentences_are_quoted_or_the_kind_of_the_error(text: str, quoted: str) -> None:
    assert reason(OSError(text), longest=40) == quoted
