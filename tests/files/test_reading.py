import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vitxplain.errors import DataError, ImageError, UsageError
from vitxplain.files.reading import LONGEST_REASON, reading


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (lambda: {}["width"], "width is missing"),
        (lambda: b"\xff".decode(), "it is no text in UTF-8 (byte 1)"),
        (lambda: struct.unpack("I", b""), "unpack requires a buffer of 4 bytes"),
        (lambda: json.loads("[" * 100_000), "it is nested too deeply"),
        (lambda: round(float("inf")), "cannot convert float infinity to integer"),
        (lambda: Path("/nowhere/a").read_bytes(), "No such file or directory"),
        (lambda: int("x" * 5000), "invalid literal for int() with base 10: 'xx"),
    ],
)
def test_any_failure_is_said_of_the_file(fail: Callable[[], Any], words: str):
    with pytest.raises(ImageError) as error, reading("a.xml", "an annotation", "write it again", ImageError):
        fail()
    assert str(error.value).startswith(f"a.xml is not an annotation: {words}")
    assert str(error.value).endswith("; write it again.")
    assert len(str(error.value)) < LONGEST_REASON + 100


def test_ours_pass_and_so_does_an_interrupt():
    with pytest.raises(UsageError, match="ours"), reading("a", "one", "mend it"):
        raise UsageError("ours")
    with pytest.raises(KeyboardInterrupt), reading("a", "one", "mend it"):
        raise KeyboardInterrupt


def test_a_full_memory_is_said_as_such():
    with pytest.raises(DataError, match="a needs more memory than there is"), reading("a", "one", "mend it"):
        raise MemoryError
