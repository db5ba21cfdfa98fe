"""A folder that must stay where it is while there is work for it."""

from dataclasses import dataclass
from pathlib import Path

from vitxplain.errors import OutputError
from vitxplain.files.paths import is_folder


@dataclass(frozen=True)
class Watch:
    """A folder as it was when the work began; `identity` is that of the file system (device, inode)."""

    folder: Path
    identity: tuple[int, int]

    @classmethod
    def of(cls, folder: Path) -> "Watch":
        """Of a folder that is there."""
        return cls(folder, _identity(folder))

    def check(self) -> None:
        """Raise OutputError where the folder is gone, or another one is in its place."""
        check_there(self.folder)
        if _identity(self.folder) != self.identity:
            raise _gone(self.folder, "was replaced")


def check_there(folder: Path) -> None:
    """Raise OutputError where the folder, which was made before, is gone."""
    if not is_folder(folder):
        raise _gone(folder, "was removed, renamed or replaced by a file")


def _gone(folder: Path, how: str) -> OutputError:
    return OutputError(
        f"the folder {folder} {how} while this command was writing there, so it stops; what was in it is not made "
        "again. Run the command once more."
    )


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
