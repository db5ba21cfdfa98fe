"""What is to be explained, by name and in an order that is the same on every machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from vitxplain.data.download import is_url
from vitxplain.data.read_image import existing_file
from vitxplain.data.sample import DataSet
from vitxplain.errors import ImageError, UsageError
from vitxplain.files.paths import exists, is_folder, user_path
from vitxplain.files.walk import image_files
from vitxplain.scale.image_sources import find
from vitxplain.scale.remote_images import read_remote, remote_images
from vitxplain.scale.stores import is_remote

Source: TypeAlias = str | PathLike[str] | Sequence[str | PathLike[str]] | DataSet


@dataclass(frozen=True, eq=False)
class Listing:
    """The names of all images, and how the one at a place is got: a path or URL to be read, an image, or a sample.

    `data` is where they come from, name and split, where one name says it. A sample has a name of its own, which is
    known when it is read.
    """

    names: Sequence[str]
    image: Callable[[int], Any] = field(repr=False)
    data: Mapping[str, str | None] | None = None

    @property
    def digest(self) -> str:
        """Of the names in their order: sha256."""
        return sha256("\0".join(self.names).encode("utf-8", "surrogatepass")).hexdigest()


def listing(source: Source) -> Listing:
    """The images of folders at any depth, sorted; those of paths, patterns and URLs as given; those of a data set.

    Among others a path that is not there, a pattern that matches nothing and a folder without images are each an image
    that fails.

    Raises:
        DataError: a folder cannot be looked into.
        ImageError: none of the paths is there, so that a mistyped one begins no run.
        UsageError: there is no image.
    """
    if isinstance(source, DataSet):
        data = source
        names = [f"{data.name}/{data.split}/{index}" for index in range(len(data))]
        return _some(Listing(names, lambda index: data[index], {"name": data.name, "split": data.split}), data.name)
    sources = [source] if isinstance(source, str | PathLike) else source
    if not isinstance(sources, Sequence) or not all(isinstance(path, str | PathLike) for path in sources):
        raise UsageError(f"images is {_kind(source)}; give a folder, a list of paths, or a data set of load_data.")
    wrong: dict[str, str] = {}
    paths = [path for typed in sources for path in _expanded(str(typed), wrong)]
    named = {"name": str(sources[0]), "split": None} if len(sources) == 1 else None
    called = ", ".join(map(str, sources[:3])) or "the list of images"
    images = _some(Listing(paths, lambda index: _image(paths[index], wrong), named), called)
    if not any(path not in wrong and _may_be_there(path) for path in paths):
        if message := wrong.get(paths[0]):
            raise UsageError(message)
        existing_file(paths[0])  # says what is wrong with it
    return images


def _may_be_there(path: str) -> bool:
    """Whether an image is there, or somewhere that is not of this machine."""
    return is_remote(path) or is_url(path) or (bool(path) and exists(user_path(path)))


def _expanded(typed: str, wrong: dict[str, str]) -> list[str]:
    """The images that one path, pattern or URL stands for; itself where it stands for none, and `wrong` says why."""
    if is_remote(typed):
        paths = remote_images(typed)
    elif typed and not is_url(typed) and is_folder(folder := user_path(typed)):
        paths = [str(Path(typed) / name) for name in image_files(folder)]
    else:
        sources = find([typed])
        wrong |= {source.path: source.error for source in sources if source.error}
        paths = [source.path for source in sources]
    if not paths:
        wrong[typed] = _nothing_in(typed)
    return paths or [typed]


def _image(path: str, wrong: Mapping[str, str]) -> Any:
    """A path or URL as it is; of an object store the image.

    Raises:
        ImageError: it stands for none.
    """
    if message := wrong.get(path):
        raise ImageError(message)
    return read_remote(path) if is_remote(path) else path


def _some(images: Listing, name: str) -> Listing:
    if not images.names:
        raise UsageError(_nothing_in(name))
    return images


def _nothing_in(name: str) -> str:
    return f"{name} holds no images; give a folder or a data set that does."


def _kind(source: Any) -> str:
    return f"of the type {type(source).__name__}"
