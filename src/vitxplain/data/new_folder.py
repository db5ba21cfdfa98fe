"""A folder of many files that is either whole or not there."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from vitxplain.errors import OutputError


@contextmanager
def new_folder(folder: Path, *, mark: str, source: Path, overwrite: bool = False) -> Iterator[Path]:
    """Gives a folder beside it to fill, which takes its name when all went well and is removed otherwise.

    `folder` is not there yet, or empty; with `overwrite` it may also be one that holds the file `mark`, as every folder
    made so does: no other is ever removed. `source` is what is read meanwhile, so it is neither inside nor around.

    Raises:
        OutputError: it is in the way, or cannot be written.
    """
    _check(folder, mark, source, overwrite)
    aside = folder.absolute().with_name(f".vitx-{token_hex(6)}.part")
    try:
        aside.mkdir(parents=True)
        yield aside
        _put_in_place(aside, folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{folder} could not be written: {reason}. Nothing half-written is left there.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put_in_place(aside: Path, folder: Path) -> None:
    """What was there before is gone only when the new one is in its place."""
    if not folder.exists():
        aside.rename(folder)
        return
    old = folder.rename(aside.with_suffix(".old"))
    try:
        aside.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def _check(folder: Path, mark: str, source: Path, overwrite: bool) -> None:
    there, read = folder.resolve(), source.resolve()
    if there == read or there in read.parents or read in there.parents:
        raise OutputError(f"--out {folder} and {source} lie one in the other; give a folder elsewhere.")
    if folder.is_file():
        raise OutputError(f"{folder} is a file; give another folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not overwrite:
        raise OutputError(f"{folder} is not empty; give another folder, or --overwrite.")
    if not (folder / mark).is_file():
        raise OutputError(f"{folder} holds no {mark}, so it is none that could be made anew; give another folder.")
