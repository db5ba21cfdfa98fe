"""A folder of many files that is either whole or not there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from vitxplain.errors import OutputError
from vitxplain.files.paths import exists, is_file, is_folder, real_path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

OLD: Final = ".old"


@contextmanager
def new_folder(folder: Path, *, mark: str, source: Path, overwrite: bool = False) -> Iterator[Path]:
    """Gives a folder beside it to fill, which takes its name when all went well and is removed otherwise.

    `folder` is not there yet, or empty; with `overwrite` it may also be one that holds the file `mark`, as every folder
    made so does: no other is ever removed. `source` is what is read meanwhile, so it is neither inside nor around.

    A process that is killed leaves the hidden folder it was filling; the next call for the same `folder` removes it, or
    puts back what was about to be replaced.

    Raises:
        OutputError: it is in the way, or cannot be written.
    """
    beside = f".vitx-{sha256(os.fsencode(folder.name)).hexdigest()[:8]}-"  # short: fits wherever the name itself does
    with suppress(OSError):  # said below, where it is written to
        for left in sorted(folder.absolute().parent.glob(f"{beside}*")):
            _tidy(left, folder)
    _check(folder, mark, source, overwrite)
    aside = folder.absolute().with_name(f"{beside}{token_hex(6)}.part")
    try:
        aside.mkdir(parents=True)
        with _held(aside):
            yield aside
            _put_in_place(aside, folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{folder} could not be written: {reason}. Nothing half-written is left there.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Locked while the process lives; where there are no such locks, nothing is ever taken for left behind."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _tidy(left: Path, folder: Path) -> None:
    """Remove what a killed process left, or put it in place of a folder that is missing."""
    if fcntl is None:
        return
    with suppress(OSError), _held(left):  # or another process is filling it
        if left.suffix == OLD and not exists(folder):
            left.rename(folder)
        else:
            shutil.rmtree(left)


def _put_in_place(aside: Path, folder: Path) -> None:
    """What was there before is gone only when the new one is in its place."""
    if not exists(folder):
        aside.rename(folder)
        return
    old = folder.rename(aside.with_suffix(OLD))
    try:
        aside.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def _check(folder: Path, mark: str, source: Path, overwrite: bool) -> None:
    target, read = real_path(folder), real_path(source)
    if target == read or target in read.parents or read in target.parents:
        raise OutputError(f"--out {folder} and {source} lie one in the other; give a folder elsewhere.")
    if is_file(folder):
        raise OutputError(f"{folder} is a file; give another folder.")
    if not is_folder(folder) or not any(folder.iterdir()):
        return
    if not overwrite:
        raise OutputError(f"{folder} is not empty; give another folder, or --overwrite.")
    if not is_file(folder / mark):
        raise OutputError(f"{folder} holds no {mark}, so it is none that could be made anew; give another folder.")
