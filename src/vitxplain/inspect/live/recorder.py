"""record: a PyTorch model's attention on the images it is called with, or on images that are given."""

import threading
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from vitxplain.data.read_image import as_pixel_values, stem_of
from vitxplain.errors import OptionError, UsageError
from vitxplain.explainers.passes.choose import MethodLike, check_names
from vitxplain.files.paths import is_folder, user_path
from vitxplain.files.write import check_writable
from vitxplain.inspect.layer_tensors import PRECISIONS, ROWS, Precision, Rows
from vitxplain.inspect.live.call_images import image_tensors
from vitxplain.inspect.live.image_record import RecordOptions, image_names, record_image
from vitxplain.inspect.record_file import Record
from vitxplain.inspect.recording import Recording, open_recording
from vitxplain.inspect.writer import FOLDER, check_name, check_step, check_word
from vitxplain.models.loading.load import load_model
from vitxplain.models.opened import ModelLike, model_for
from vitxplain.models.processors.batches import Images, OneImage, batches, image_list, source_of
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_count
from vitxplain.tasks.base import TargetLike

if TYPE_CHECKING:
    from vitxplain.inspect.inline import Inline
    from vitxplain.inspect.widget import InspectWidget


def record(
    model: ModelLike,
    folder: str | PathLike[str],
    images: Images | None = None,
    *,
    max_images: int = 8,
    layers: Sequence[int] | None = None,
    queries: Rows = "all",
    precision: Precision = "sqrt8",
    methods: Sequence[MethodLike] = (),
    target: TargetLike = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    names: Sequence[str] | None = None,
    step: int = 0,
) -> "Recorder":
    """Record what a model attends to, for the viewer.

        with vitxplain.inspect.record(model, "runs/vit") as recording:
            model(batch)

    The model runs as it would; what is recorded is a pass of our own on the same images, one at a time, in evaluation
    mode, after which the model is as it was.

    Args:
        model: an nn.Module, a source string or a loaded VisionModel; any vision transformer, unchanged.
        folder: of the run; records go into its subfolder `inspect`.
        images: recorded at once, without the model being called: paths, PIL images, arrays or ready tensors.
        max_images: how many of those that the model is called with are recorded, at each step.
        layers: the places of the layers to record, negative ones from the end; None takes all.
        queries: "all", or "class" to keep what the class token attends to alone (of others the mean of all patches).
        precision: "sqrt8", 8 bits of the square root, or "float16".
        methods: explanation methods whose maps are recorded beside the attention.
        target: what they explain, as in `explain`.
        mean: with `std` what ready tensors were normalised with, one number a channel: it gives the picture back.
        std: likewise.
        names: of the images, in the order in which they come.
        step: of a training.

    Raises:
        UnsupportedModelError: the model has no attention.
        UsageError: an option that cannot be.
    """
    check_count("max_images", max_images)
    check_word("queries", queries, ROWS)
    check_word("precision", precision, PRECISIONS)
    check_step(step)
    check_names(methods)
    for name in names or ():
        check_name(name)
    if (mean is None) != (std is None):
        raise OptionError("mean and std belong together; give both, as the images were normalised.")
    options = RecordOptions(None if layers is None else tuple(layers), queries, precision, tuple(methods), target)
    recorder = Recorder(model, user_path(folder), options, max_images, mean, std, tuple(names or ()), step)
    if images is not None:
        recorder.add(images)
    return recorder


class Recorder:
    """A recording that goes on: within `with` the images that the model is called with are recorded.

    Attributes:
        folder: of the run.
        recorded: how many records were written.
        step: of a training; what is recorded next is of this step, `max_images` of each.
    """

    def __init__(
        self,
        model: ModelLike,
        folder: Path,
        options: RecordOptions,
        max_images: int = 8,
        mean: float | Sequence[float] | None = None,
        std: float | Sequence[float] | None = None,
        names: tuple[str, ...] = (),
        step: int = 0,
    ) -> None:
        check_writable(folder)
        self.folder, self.options, self.max_images = folder, options, max_images
        self._given, self._mean, self._std, self._names = model, mean, std, names
        self._models: dict[tuple[int, ...], VisionModel] = {}
        self._step, self.recorded = step, 0
        self._used: set[str] = set()
        self._hook: Any = None
        self._thread = 0

    @property
    def step(self) -> int:
        return self._step

    @step.setter
    def step(self, step: int) -> None:
        check_step(step)
        if step != self._step:
            self._step, self._used = step, set()

    def add(self, images: Images, names: Sequence[str] | None = None) -> list[Path]:
        """Record these images now; returns the files.

        Raises:
            ImageError: one of them cannot be read.
            UsageError: as many names as images are needed.
            UnsupportedModelError, CaptureError: as `record`.
        """
        pictures, _ = image_list(images)
        return self._record(pictures, names)

    def read(self) -> Recording:
        """What is recorded so far."""
        return open_recording(self.folder)

    def save(self, path: str | PathLike[str], *, title: str = "", full: bool = False) -> Path:
        """Write what is recorded so far as one HTML file, as `Recording.save`."""
        return self.read().save(path, title=title, full=full)

    def inspect(self, *, height: int = 760, widget: bool | None = None) -> "InspectWidget | Inline":
        """The viewer of what is recorded so far, in a notebook."""
        return self.read().inspect(height=height, widget=widget)

    def __repr__(self) -> str:
        return f"Recorder({str(self.folder)!r}, {self.recorded} recorded, step {self.step})"

    def __len__(self) -> int:
        return len(self._so_far())

    def __iter__(self) -> Iterator[Record]:
        return iter(self._so_far())

    def __getitem__(self, key: str | int) -> Record:
        """The latest record of this name, or the one at this place, as of `read()`."""
        return self._so_far()[key]

    def __enter__(self) -> "Recorder":
        module = self._given if isinstance(self._given, nn.Module) else self._loaded(()).module
        self._thread = threading.get_ident()
        self._hook = module.register_forward_pre_hook(self._called, with_kwargs=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if kind is None and not self.recorded:
            raise UsageError(
                "nothing was recorded: within `with record(model, folder)` the model was not called with images, a "
                "float tensor (batch, channels, height, width). Call it there, or give images=."
            )

    def _so_far(self) -> Recording:
        """What `read` gives; no records where nothing was recorded yet."""
        return self.read() if is_folder(self.folder / FOLDER) else Recording(self.folder, ())

    def _stop(self) -> None:
        if self._hook is not None:
            self._hook.remove()
        self._hook = None

    def _called(self, module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        """Before the model runs: the same images through it once more, watched."""
        if self._hook is None or threading.get_ident() != self._thread:
            return
        left = self.max_images - len(self._used)
        images = [image for batch in image_tensors((args, kwargs)) for image in batch][: max(left, 0)]
        if not images:
            return
        hook, self._hook = self._hook, None  # the pass of our own calls the model as well
        try:
            self._record([image.detach() for image in images], None)
        finally:
            self._hook = hook

    def _record(self, pictures: Sequence[OneImage], names: Sequence[str] | None) -> list[Path]:
        if names is not None and len(names) != len(pictures):
            raise UsageError(f"there are {len(pictures)} images and {len(names)} names; give a name for each.")
        first = len(self._used)
        chosen = self._names[first:] if names is None else names
        for name in chosen:
            check_name(name)
        stems = [_stem(picture, first + place + 1) for place, picture in enumerate(pictures)]
        stems = [*chosen[: len(stems)], *stems[len(chosen) :]]
        model = self._loaded(pictures)
        paths = []
        for picture, name in zip(pictures, image_names(stems, self._used), strict=True):
            (batch,) = batches(model.processor, [picture], 1)
            paths.append(record_image(self.folder, model, batch, picture, name, self._step, self.options))
            self.recorded += 1
        return paths

    def _loaded(self, pictures: Sequence[OneImage]) -> VisionModel:
        """The model; for ready tensors of one size it is opened once."""
        tensors = [picture for picture in pictures if isinstance(picture, Tensor)]
        shape = tuple(as_pixel_values(tensors[0]).shape[-3:]) if tensors else ()
        if shape not in self._models:
            if self._mean is not None and shape:
                stated: Any = {"mean": self._mean, "std": self._std, "size": shape[1:]}
                self._models[shape] = load_model(self._given, **stated)  # type: ignore[arg-type]
            else:
                self._models[shape] = model_for(self._given, pictures)
        return self._models[shape]


def _stem(picture: OneImage, number: int) -> str:
    source = None if isinstance(picture, Tensor) else source_of(picture)
    return f"image {number}" if source is None else stem_of(source)
