"""Which file of a folder an annotation means by the name it writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from vitxplain.data.sample import Split
from vitxplain.data.splits.stored import split_of
from vitxplain.errors import DataError
from vitxplain.files.walk import plain


@dataclass(frozen=True)
class ImagePaths:
    """Paths of images below a folder, found again by their last part."""

    by_name: dict[str, list[str]]

    def find(self, written: str, home: str, split: Split | None, where: str) -> str | None:
        """The path below the folder, or None where no such image is there.

        A path as written ends that of the file, wherever the folder was when it was written; one that leads elsewhere
        (from the root of another machine, or out of the folder) counts by its name alone. Of several files that fit, it
        is the one in the folder of the annotations, or in that of their split; a name alone means none in the folder of
        another split.

        Args:
            written: the path of the annotation.
            home: the folder of the file of annotations, below the folder; "" for the folder itself.
            split: what the annotations are of.
            where: file and entry, for errors.

        Raises:
            DataError: several files fit.
        """
        parts = _parts(written)
        fitting = [path for path in self.by_name.get(plain(parts[-1]), ()) if _ends(path, parts)] if parts else []
        if len(parts) == 1 and split:
            fitting = [path for path in fitting if set(map(split_in, path.split("/")[:-1])) <= {None, split}]
        for kept in (
            [path for path in fitting if home and path.startswith(f"{home}/")],
            [path for path in fitting if split and split in map(split_in, path.split("/")[:-1])],
            fitting,
        ):
            if len(kept) == 1:
                return kept[0]
        if fitting:
            raise DataError(f"{where}: {written} may be {fitting[0]} or {fitting[1]}; write its path below the folder.")
        return None


def image_paths(files: Sequence[str]) -> ImagePaths:
    """By their names; paths are below the folder, with "/"."""
    by_name: dict[str, list[str]] = {}
    for path in files:
        by_name.setdefault(plain(path.rpartition("/")[2]), []).append(path)
    return ImagePaths(by_name)


def split_in(word: str) -> Split | None:
    """The split a name speaks of: `train`, `train2017`, `instances_val2017.json`."""
    pieces = "".join(letter if letter.isalpha() else " " for letter in word).split()
    return next((split for piece in pieces if (split := split_of(piece))), None)


def below(written: str) -> str:
    """A path as written, made one that does not lead out of the folder."""
    return "/".join(_parts(written))


def _parts(written: str) -> list[str]:
    """The parts of a path that its file's path must end with."""
    path = PurePosixPath(written.replace("\\", "/"))
    elsewhere = path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]
    return [path.name] if elsewhere and path.name else [part for part in path.parts if part != "."]


def _ends(path: str, parts: Sequence[str]) -> bool:
    return [plain(part) for part in path.split("/")][-len(parts) :] == [plain(part) for part in parts]
