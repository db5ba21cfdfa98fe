"""Paths as users write them; nothing here raises, whatever was written."""

import os
from os import PathLike
from pathlib import Path


def user_path(text: str | PathLike[str]) -> Path:
    """The path with `~` expanded; that of an unknown user stays, so that looking there says what is missing."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises for an unknown user


def is_folder(path: Path) -> bool:
    """Whether a folder is there; False too for a name no file can have."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a name that is too long


def is_file(path: Path) -> bool:
    """Whether a file is there; False too for a name no file can have."""
    return os.path.isfile(path)  # noqa: PTH113 - as above
