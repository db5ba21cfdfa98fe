"""Maps made by another tool: files in folders, a folder a method, found by the name of their image."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Final

from vitxplain import registry
from vitxplain.data.sample import Sample
from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.maps.map_file import ENDINGS, read_map
from vitxplain.evaluation.maps.map_source import MapSource, Outcomes, ScoredMap
from vitxplain.evaluation.maps.model_queries import ModelQueries, stored_map_queries
from vitxplain.evaluation.regions.map_request import MapRequest
from vitxplain.files.paths import is_folder, real_path
from vitxplain.files.walk import files_below, is_image_name
from vitxplain.metrics.base import METHOD
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import Target

# Of an image that is several samples, an object each (data/folders/table_folder.py).
NUMBER: Final = re.compile(r" \(\d+\)$")


@dataclass(frozen=True, eq=False)
class StoredMaps(MapSource):
    """The maps of a folder. `files` are, by method, the files that may be of an image, by its name and by its stem."""

    called: str
    files: Mapping[str, Mapping[str, Sequence[Path]]] = field(repr=False)
    model: VisionModel | None = None
    without = frozenset({METHOD})

    @property
    def names(self) -> Sequence[str]:
        return list(self.files)

    def with_model(self, model: VisionModel, beside: bool = False) -> "StoredMaps":
        """The same, with a model that metrics may ask about them; `beside` methods, of which they are told apart."""
        named = {f"{name} ({self.called})" if beside else name: files for name, files in self.files.items()}
        return replace(self, model=model, files=named)

    def maps(self, names: Sequence[str], requests: Sequence[MapRequest]) -> Outcomes:
        return {name: [self._map(name, request.sample) for request in requests] for name in names}

    def subject(self, name: str, target: Target) -> ModelQueries | None:
        return stored_map_queries(self.model, target) if self.model else None

    def facts(self, name: str) -> str:
        files = sorted({file for image_files in self.files[name].values() for file in image_files})
        states = [_state(file) for file in files]
        return f"{len(files):,} maps of {self.called}, {name} ({sha256(repr(states).encode()).hexdigest()[:8]})"

    def _map(self, name: str, sample: Sample) -> ScoredMap | Exception:
        files = self.files[name]
        names = [_bare(sample.name), _bare(NUMBER.sub("", sample.name))]
        keys = [key for image in names for key in (image, image.rpartition("/")[2])]
        candidates = next((files[key] for key in keys if key in files), [])
        if not candidates:
            return DataError("there is no map of it.")
        best = min(ENDINGS.index(file.suffix.lower()) for file in candidates)
        fitting = [file for file in candidates if file.suffix.lower() == ENDINGS[best]]
        if len(fitting) > 1:
            return DataError("several maps are called like it; give them its folders, too.")
        try:
            return read_map(fitting[0], sample.image)
        except DataError as error:
            return error


def stored_maps(folder: Path) -> StoredMaps:
    """What lies in a folder: in a folder for each method IMAGE.npz, .npy or .png, or what `vitx explain` wrote.

    An image is found by its path within the data, or by its file's name alone, without the ending; the samples
    of one image share its map. Maps that lie in
    the folder itself are of one method called like it; of `Explanation.save`'s files each says its own method.

    Raises:
        UsageError: there is no such folder, or no map in it.
        DataError: it cannot be looked into.
    """
    if not is_folder(folder):
        raise UsageError(f"there is no folder of maps at {folder}.")
    called = real_path(folder).name
    methods: dict[str, dict[str, list[Path]]] = {}
    for name in files_below(folder, _may_be_map):
        file = folder / name
        first, *rest = PurePath(name).with_suffix("").parts
        method, inner = (first, "/".join(rest)) if rest else (called, first)
        image, _, tail = inner.rpartition(".")
        if image and tail in registry.names("explainers"):  # written by Explanation.save: IMAGE.METHOD
            method, inner = method if rest else tail, image
        if method in CONTROLS:
            method = f"{method} ({called})"
        files = methods.setdefault(method, {})
        for key in {inner, inner.rpartition("/")[2]}:
            files.setdefault(key, []).append(file)
    if not methods:
        raise UsageError(
            f"{folder} holds no maps. Put those of each method into a folder of its name: "
            f"{folder}/METHOD/IMAGE.npz, .npy or .png, IMAGE being the image's name without its ending."
        )
    return StoredMaps(called, methods)


def _state(file: Path) -> tuple[object, ...]:
    """What changes when a file does; of one that is missing its name, and reading it says so."""
    try:
        status = file.stat()
    except OSError:
        return (file.name,)
    return file.name, status.st_size, status.st_mtime_ns


def _may_be_map(name: str) -> bool:
    return PurePath(name).suffix.lower() in ENDINGS


def _bare(name: str) -> str:
    """The name of an image without its ending; a dot in another name is no ending."""
    return name[: name.rindex(".")] if is_image_name(name.rpartition("/")[2]) else name
