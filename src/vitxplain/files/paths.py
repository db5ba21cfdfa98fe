"""Paths as users write them; nothing here raises, whatever name was written."""

import os
from os import PathLike
from pathlib import Path

from vitxplain.errors import UsageError


def user_path(text: str | PathLike[str]) -> Path:
    """The path with `~` expanded; that of an unknown user stays, so that looking there says what is missing.

    Raises:
        UsageError: it is no path, but a number, an open file or something else.
    """
    if not isinstance(text, str | PathLike):
        raise UsageError(
            f"{text!r:.80} is of the type {type(text).__name__}, and the path of a file or folder was expected; give a "
            'text, such as "results/cat", or a pathlib.Path.'
        )
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises for an unknown user


def is_text(path: Path) -> bool:
    """Whether a name is text in UTF-8; one that was made in another encoding is not."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def real_path(path: Path) -> Path:
    """The absolute path with links followed, as far as they lead somewhere."""
    return Path(os.path.realpath(path))  # Path.resolve raises for a link to itself


def exists(path: Path) -> bool:
    """Whether something is there; False too for a name no file can have, or where nobody lets us look."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises for a name that is too long


def is_folder(path: Path) -> bool:
    """Whether a folder is there; False too for a name no file can have."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a name that is too long


def is_file(path: Path) -> bool:
    """Whether a file is there; False too for a name no file can have."""
    return os.path.isfile(path)  # noqa: PTH113 - as above
