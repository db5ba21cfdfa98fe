"""The files below a folder, images above all."""

import os
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from vitxplain.errors import DataError
from vitxplain.files.opening import is_special

SUFFIXES: Final = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)


def is_image_name(name: str) -> bool:
    """Whether a file of this name is taken for an image; hidden ones are not."""
    return os.path.splitext(name)[1].lower() in SUFFIXES and not name.startswith(".")  # noqa: PTH122 - 10,000 times


def image_files(folder: Path) -> list[str]:
    """Image files at any depth, as paths below the folder with "/", sorted alike on every machine.

    Hidden files and folders are left out, and so are pipes, devices and sockets; links to folders are followed, once.

    Raises:
        DataError: the folder, or one in it, cannot be looked into.
    """
    return files_below(folder, is_image_name)


def files_below(folder: Path, is_wanted: Callable[[str], bool]) -> list[str]:
    """The same of files whose name is wanted.

    Raises:
        DataError: the folder, or one in it, cannot be looked into.
    """
    return sorted(_below(str(folder), "", is_wanted, set()), key=plain)


def folders_in(folder: Path) -> list[str]:
    """Names of the folders directly in it, sorted, without hidden ones.

    Raises:
        DataError: it cannot be looked into.
    """
    return sorted((entry.name for entry in _entries(str(folder)) if _is_folder(entry)), key=plain)


def files_in(folder: Path) -> list[str]:
    """Names of the files directly in it, sorted, without hidden ones.

    Raises:
        DataError: it cannot be looked into.
    """
    return sorted((entry.name for entry in _entries(str(folder)) if _is_file(entry)), key=plain)


def plain(name: str) -> str:
    """One spelling of a name: macOS stores accents apart from their letters."""
    return unicodedata.normalize("NFC", name)


def _below(folder: str, prefix: str, is_wanted: Callable[[str], bool], visited: set[str]) -> Iterator[str]:
    here = os.path.realpath(folder)
    if here in visited:  # a link back up
        return
    visited.add(here)
    for entry in _entries(folder):
        if _is_folder(entry):
            yield from _below(entry.path, f"{prefix}{entry.name}/", is_wanted, visited)
        elif is_wanted(entry.name) and not is_special(entry):
            yield prefix + entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith((".", "__MACOSX"))]
    except OSError as error:
        raise DataError(f"the folder {folder} cannot be looked into: {error.strerror or error}.") from error
