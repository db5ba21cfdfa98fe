"""The weight map of a sharded checkpoint: the files it names lie in the folder of the model."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from vitxplain.errors import ModelLoadError
from vitxplain.files.documents import read_object
from vitxplain.files.paths import real_path
from vitxplain.files.reading import reading

INDEX = "*.index.json"


def check_weight_maps(folder: Path) -> None:
    """Raises:
    ModelLoadError: an index of the folder is no weight map, or names a file that lies elsewhere.
    """
    for index in sorted(folder.glob(INDEX)):
        check_weight_map(index, folder)


def check_weight_map(index: Path, folder: Path) -> None:
    """The same of one index. Links into the Hub's cache, which is made of them, are the folder's own files."""
    with reading(index, "an index of weights", "download it again", ModelLoadError):
        names = read_object(index)["weight_map"].values()
    home = real_path(folder)
    blobs = home.parent.parent / "blobs" if home.parent.name == "snapshots" else home
    for name in sorted({str(name) for name in names}):
        if _is_outside(name) or not real_path(folder / name).is_relative_to(home):
            if not _is_outside(name) and real_path(folder / name).is_relative_to(blobs):
                continue
            raise ModelLoadError(
                f"{index} names {name!r}, which lies outside {folder}; the weights of a model are read from its own "
                "folder only. Copy the file there, and correct the index."
            )


def _is_outside(name: str) -> bool:
    """Whether a name is no plain way down from the folder, on any system."""
    ways = (PurePosixPath(name), PureWindowsPath(name))
    return "\0" in name or not name or any(way.is_absolute() or way.drive or ".." in way.parts for way in ways)
