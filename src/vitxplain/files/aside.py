"""Files written aside: locked while their writer lives, so that those of a killed one are known, and removed."""

import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import IO, Final

from vitxplain.files.paths import is_file

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_NAME: Final = re.compile(r"\.vitx-[0-9a-f]{12}\.part")


def open_aside(folder: Path) -> IO[bytes]:
    """A new file in the folder, to be written and renamed; a short name fits wherever the real one does."""
    while True:
        file = (folder / f".vitx-{token_hex(6)}.part").open("xb")
        if fcntl is None:
            return file
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # there are no locks here, and nothing is ever taken for left behind
            return file
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # another command took it for left behind before it was locked


def remove_left(folder: Path, *, deep: bool = False) -> None:
    """Remove the files that killed processes left in the folder, and below it if `deep`; those in work stay."""
    if fcntl is None:
        return
    with suppress(OSError):
        for path in folder.rglob(".vitx-*.part") if deep else folder.glob(".vitx-*.part"):
            if _NAME.fullmatch(path.name) and is_file(path) and not path.is_symlink():
                with suppress(OSError), path.open("r+b") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
