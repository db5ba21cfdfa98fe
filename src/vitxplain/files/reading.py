"""Whatever goes wrong while a user's file is read is said of that file, by construction."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Final

from vitxplain.errors import DataError, VitxplainError

LONGEST_REASON: Final = 200  # characters of another library's message


@contextmanager
def reading(
    path: str | PathLike[str], what: str, advice: str, error: type[VitxplainError] = DataError
) -> Iterator[None]:
    """Turns any exception but ours into `error`: "PATH is not WHAT: reason; ADVICE."

    No list of exceptions could be complete: parsers raise whatever they meet in bytes nobody wrote for them.

    Args:
        path: as the user gave it.
        what: what it should be, with its article: "an annotation of Pascal VOC".
        advice: what to do, as half a sentence: "write it again".
        error: the class of the error.
    """
    try:
        yield
    except VitxplainError:
        raise
    except MemoryError as cause:
        raise error(f"{path} needs more memory than there is; make it smaller, or read it on a larger machine.") from (
            cause
        )
    except Exception as cause:
        raise error(f"{path} is not {what}: {reason(cause)}; {advice}.") from cause


def reason(error: Exception) -> str:
    """Why a file could not be read, in a line and without its path."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"it is no text in UTF-8 (byte {error.start + 1:,})"
    if type(error).__name__ == "UnidentifiedImageError":  # of Pillow, whose message repeats the path
        return "it is no picture in a format that can be read"
    if isinstance(error, KeyError) and error.args:
        return f"{shortened(error.args[0])} is missing"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, EOFError | struct.error) and not str(error):
        return "it is cut short"
    return shortened(error) or type(error).__name__


def shortened(text: object) -> str:
    """A text of a file or library as a part of our sentences: one line, bounded, without a full stop."""
    line = " ".join(str(text).split()).rstrip(".")
    return line if len(line) <= LONGEST_REASON else f"{line[:LONGEST_REASON]} ..."
