"""Where the files of a run lie: a folder here, or one of an object store, which whole files are put into and listed."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, Final

from vitxplain.errors import OutputError, UsageError
from vitxplain.files.aside import remove_left
from vitxplain.files.opening import read_bytes
from vitxplain.files.paths import is_file, user_path
from vitxplain.files.reading import shortened
from vitxplain.files.write import check_writable, write_together

_REMOTE: Final = re.compile(r"(?!https?:|file:)[a-z][a-z0-9+]+://", re.IGNORECASE)
_EXTRAS: Final = {"s3": "pip install 'vitxplain[s3]'"}


class Store(ABC):
    """Files by their names below a folder, "/" between the parts; each is whole or not there."""

    @abstractmethod
    def __str__(self) -> str:
        """The folder as users write it."""

    @abstractmethod
    def begin(self) -> None:
        """Find out, before any work, whether files can be written; raises OutputError where not."""

    @abstractmethod
    def size(self, name: str) -> int | None:
        """Of a file in bytes; None where there is none."""

    @abstractmethod
    def read(self, name: str) -> bytes: ...

    @abstractmethod
    def parquet(self, name: str) -> Any:
        """A file as pyarrow reads it."""

    @abstractmethod
    def write(self, files: Mapping[str, bytes]) -> None:
        """Put files there; what was there under their names is replaced. Raises OutputError."""


class Folder(Store):
    """On a disk; files are written aside and renamed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def begin(self) -> None:
        check_writable(self.path)
        remove_left(self.path, deep=True)

    def size(self, name: str) -> int | None:
        return (self.path / name).stat().st_size if is_file(self.path / name) else None

    def read(self, name: str) -> bytes:
        return read_bytes(self.path / name)

    def parquet(self, name: str) -> Path:
        return self.path / name

    def write(self, files: Mapping[str, bytes]) -> None:
        write_together({self.path / name: content for name, content in files.items()})


class ObjectStore(Store):
    """A folder of an object store, which shows a file when the whole of it has arrived: nothing is renamed.

    What is there is listed once, when the first file is asked for, and known from then on: every other request would
    take as long as that list. What other processes put there meanwhile is not seen, and need not be.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def __str__(self) -> str:
        return self.address

    def begin(self) -> None:
        with _in_words(self.address, "be written to"):
            self._sizes.clear()
            self._sizes.update(self._listed())

    def size(self, name: str) -> int | None:
        return self._sizes.get(name)

    def read(self, name: str) -> bytes:
        with _in_words(f"{self.address}/{name}", "be read"):
            content: bytes = self._system.cat_file(f"{self._root}/{name}")
            return content

    def parquet(self, name: str) -> BytesIO:
        return BytesIO(self.read(name))

    def write(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            with _in_words(f"{self.address}/{name}", "be written"):
                self._system.pipe_file(f"{self._root}/{name}", content)
            self._sizes[name] = len(content)

    def names(self) -> list[str]:
        """Of all files, sorted."""
        with _in_words(self.address, "be listed"):
            return sorted(self._sizes)

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        return file_system(self.address)

    @property
    def _system(self) -> Any:
        return self._opened[0]

    @property
    def _root(self) -> str:
        return self._opened[1].rstrip("/")

    @cached_property
    def _sizes(self) -> dict[str, int]:
        with _in_words(self.address, "be listed"):
            return self._listed()

    def _listed(self) -> dict[str, int]:
        self._system.invalidate_cache()
        try:
            files = self._system.find(self._root, detail=True)
        except FileNotFoundError:  # a folder of an object store is there when something is in it
            return {}
        return {path.removeprefix(f"{self._root}/"): int(facts["size"]) for path, facts in files.items()}


def is_remote(text: str | PathLike[str]) -> bool:
    """Whether this is an address of an object store, such as s3://BUCKET/FOLDER; those of the web are none."""
    return isinstance(text, str) and _REMOTE.match(text) is not None


def store_of(text: str | PathLike[str]) -> Store:
    """The folder that is meant.

    Raises:
        UsageError: nothing opens addresses of this kind.
    """
    if not is_remote(text):
        return Folder(user_path(text))
    file_system(str(text))
    return ObjectStore(str(text))


def file_system(address: str) -> tuple[Any, str]:
    """What opens an address, by fsspec, and the path of it there; logins are those of its library's own settings.

    Raises:
        UsageError: no such kind of address, or the library for it is not installed.
    """
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    kind = address.partition("://")[0].lower()
    try:
        system, path = url_to_fs(address)
    except ImportError as error:
        way_out = _EXTRAS.get(kind, shortened(error))
        raise UsageError(f"{address} cannot be opened: what reads {kind}:// is not installed ({way_out}).") from error
    except ValueError as error:
        raise UsageError(
            f"{address} cannot be opened: {shortened(error)}. Give a folder, or an address such as s3://BUCKET/FOLDER "
            "or hf://datasets/OWNER/NAME."
        ) from error
    return system, path


@contextmanager
def _in_words(address: str, doing: str) -> Iterator[None]:
    """Failures of an object store, of whatever library, as ours."""
    try:
        yield
    except (OutputError, UsageError):
        raise
    except Exception as error:
        reason = shortened(error) or type(error).__name__
        raise OutputError(
            f"{address} could not {doing}: {reason}. Check the address, the login and the connection; what was "
            "finished is kept, and the same command goes on from there."
        ) from error
