"""Uploads: images that visitors send, each checked and recorded by one of the models that a server has."""

import itertools
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from vitxplain.errors import ImageError, UsageError, VitxplainError
from vitxplain.files.pictures import open_picture
from vitxplain.inspect.live.recorder import record
from vitxplain.suggest import did_you_mean
from vitxplain.words import source_name

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

MOST_BYTES: Final = 20 * 2**20
MOST_PIXELS: Final = 50 * 10**6
_WAITING: Final = 1
_KEPT: Final = 32  # records of a visit; its oldest go
_STORED: Final = 2**30  # bytes of all records together; the oldest of the visit with the most go
_FORMATS: Final = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tiff",
    "MPO": ".jpg",  # what many phones call a JPEG
}


@dataclass(frozen=True)
class _Run:
    """What a run is called, and the bytes of its records."""

    name: str
    size: int = 0


class BusyError(VitxplainError):
    """One image is being worked on and another waits."""


class Uploads:
    """One model at a time works on one image at a time; one more may wait."""

    def __init__(self, models: Sequence[str], folder: Path, load: "Callable[[str], VisionModel]") -> None:
        """`folder` is the server's own, for as long as it runs; `load` makes a model of a source, when first used."""
        self.folder = folder
        self._sources = _named(models)
        self._load = load
        self._loaded: dict[str, VisionModel] = {}
        self._offers: dict[str, Mapping[str, Any]] = {}
        self._places, self._turn = BoundedSemaphore(1 + _WAITING), Lock()
        self._numbers = itertools.count(1)
        self._runs: dict[Path, _Run] = {}  # by the folder of each, the oldest first

    @property
    def models(self) -> tuple[str, ...]:
        """What visitors call them: a folder of the server by its own name alone."""
        return tuple(self._sources)

    def run_name(self, record: Path) -> str:
        """What the run of a record is called: image, method and target; the model where there are several."""
        run = self._runs.get(record.parent.parent)
        return "" if run is None else run.name

    def describe(self, model: str) -> Mapping[str, Any]:
        """What a page offers of one model: its methods and the names of its classes.

        Raises:
            UsageError: the server was not started with it.
            BusyError: too many wait.
        """
        from vitxplain.explainers.passes.fit import fitting

        self._check(model)
        if model not in self._offers:  # else whoever opens the page would wait for who explains an image
            with self._one_at_a_time():
                loaded = self._model(model)
                methods = [name for name, reason in fitting(loaded).items() if reason is None]
                labels = list(loaded.labels.values())[:2000]
                self._offers[model] = {"methods": methods, "labels": labels, "finds": loaded.task.finds}
        return self._offers[model]

    def add(
        self,
        content: bytes,
        name: str,
        model: str,
        methods: Sequence[str] = (),
        target: str | None = None,
        visit: str = "",
    ) -> str:
        """Record an image; returns the file of the record below the folder, or below the visit's folder in it.

        Raises:
            UsageError: the server has no such model, or the model no such method or target.
            ImageError: the bytes are no picture, or one of too many pixels.
            BusyError: too many wait.
            VitxplainError: as `record`.
        """
        self._check(model)
        suffix = _checked_picture(content)
        with self._one_at_a_time():
            number = next(self._numbers)
            own = self.folder / visit
            run = own / f"{number:04d}"
            upload = run / f"upload{suffix}"
            run.mkdir(parents=True)
            called = self._called(own, [name or f"image {number}", *(methods or ["attention"])], target, model)
            self._runs[run] = _Run(called)
            try:
                upload.write_bytes(content)
                recorder = record(self._model(model), run, methods=methods, target=target)
                (path,) = recorder.add([upload], names=[name or f"image {number}"])
            except VitxplainError as error:
                self._remove(run)
                raise type(error)(str(error).replace(str(upload), name or "the image")) from error
            finally:
                upload.unlink(missing_ok=True)
            self._runs[run] = replace(self._runs[run], size=path.stat().st_size)
            self._make_room(run)
            return path.relative_to(own).as_posix()

    def _called(self, visit: Path, words: Sequence[str], target: str | None, model: str) -> str:
        """What a run is called, as no other of the visit is."""
        several = model if len(self._sources) > 1 else None
        called = " · ".join([*words, *filter(None, [target, several])])
        taken = {run.name for folder, run in self._runs.items() if folder.parent == visit}
        names = itertools.chain([called], (f"{called} ({number})" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)

    def _make_room(self, newest: Path) -> None:
        """Let old runs go: those of this visit alone where it has many, and of all where they take too much."""
        for run in [run for run in self._runs if run.parent == newest.parent][:-_KEPT]:
            self._remove(run)
        while sum(run.size for run in self._runs.values()) > _STORED and len(self._runs) > 1:
            stored: Counter[Path] = Counter()
            for folder, run_of_all in self._runs.items():
                stored[folder.parent] += run_of_all.size
            self._remove(max((run for run in self._runs if run != newest), key=lambda run: stored[run.parent]))

    def _remove(self, run: Path) -> None:
        shutil.rmtree(run, ignore_errors=True)
        del self._runs[run]
        if run.parent != self.folder:
            with suppress(OSError):  # another run of the visit is there
                run.parent.rmdir()

    def _check(self, model: str) -> None:
        if model not in self._sources:
            hint = did_you_mean([repr(one) for one in self.models[:4]], start=" Did")
            raise UsageError(f"this server has no model {model!r:.80}.{hint}")

    def _model(self, model: str) -> "VisionModel":
        if model not in self._loaded:
            self._loaded[model] = self._load(self._sources[model])
        return self._loaded[model]

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise BusyError("another image is being worked on and one more waits; try again in a moment.")
        try:
            with self._turn:
                yield
        finally:
            self._places.release()


def _named(sources: Sequence[str]) -> Mapping[str, str]:
    """Sources by the names under which visitors choose them."""
    names: dict[str, str] = {}
    for source in sources:
        name = source_name(source)
        names[f"{name} ({len(names) + 1})" if name in names else name] = source
    return names


def _checked_picture(content: bytes) -> str:
    """The suffix of a picture's file.

    Raises:
        ImageError: it is no picture of a kind that browsers send, damaged, or larger than is decoded for strangers.
    """
    try:
        with open_picture(BytesIO(content)) as picture:
            kind, (width, height) = picture.format or "", picture.size
            if width * height <= MOST_PIXELS:
                picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"the picture has far more than the {MOST_PIXELS / 1e6:.0f} million pixels taken.") from error
    except Exception as error:  # whatever Pillow's parsers meet in bytes of a stranger
        raise ImageError(f"this is no picture that can be read ({', '.join(_FORMATS)} can).") from error
    if width * height > MOST_PIXELS:
        raise ImageError(f"the picture has {width} x {height} pixels; up to {MOST_PIXELS / 1e6:.0f} million are taken.")
    if kind not in _FORMATS:
        raise ImageError(f"this is a picture of kind {kind or 'unknown'}; {', '.join(_FORMATS)} are taken.")
    return _FORMATS[kind]
