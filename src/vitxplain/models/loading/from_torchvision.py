"""torchvision's models: `torchvision:NAME` or `torchvision:NAME.WEIGHTS`, with their own preprocessing."""

from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from torch import hub, nn

from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.files.paths import is_file
from vitxplain.models.known_models import demo_hint
from vitxplain.models.labels import class_names, numbered
from vitxplain.models.loading.adapter import Adapter, LoadRequest, import_library, unknown_name
from vitxplain.models.loading.from_module import chosen_processor, wrap_module
from vitxplain.models.loading.hub import PATIENCE_SECONDS
from vitxplain.models.objects.listed_boxes import ListedBoxes, is_listed_detector, own_threshold
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.simple_processor import from_callable, statistics
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.models.trust.torch_weights import published_file
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.detection import Detection
from vitxplain.tasks.pixel_classes import PixelClasses


class TorchvisionAdapter(Adapter):
    """torchvision.models.

    Its weights exist as .pth files only. Before torchvision opens one, `published_file` checks it against the hash in
    its name, and that it holds tensors and nothing that runs.
    """

    def load(self, name: str, request: LoadRequest) -> VisionModel:
        models = import_library("torchvision", f"torchvision:{name}").models
        if request.revision is not None:
            raise UsageError(f"torchvision:{name} has no revisions; choose weights as torchvision:NAME.IMAGENET1K_V1.")
        architecture, _, tag = name.partition(".")
        if architecture not in self.names():
            raise unknown_name(architecture, "torchvision", self.names())
        entries = models.get_model_weights(architecture)
        if tag and tag not in entries.__members__:
            raise unknown_name(name, "torchvision", [f"{architecture}.{entry.name}" for entry in entries])
        weights = entries[tag] if tag else entries.DEFAULT
        source = f"torchvision:{architecture}.{weights.name}"
        _check_reachable(source, weights.url)
        published_file(source, weights.url)
        module = _make(models, architecture, weights=weights)
        processor = chosen_processor(request, wrap=lambda own: wrap_processor(own, request.image_size))
        processor = processor or _processor(weights, request)
        model = VisionModel(module.eval(), source, processor, class_names(weights.meta["categories"]))
        if is_listed_detector(module):
            return detector_of(model)
        return model.changed(task=PixelClasses()) if architecture in _listed("segmentation") else model

    def claims(self, module: nn.Module) -> bool:
        return any(base.__module__.partition(".")[0] == "torchvision" for base in type(module).__mro__)

    def wrap(self, module: nn.Module, request: LoadRequest) -> VisionModel:
        if is_listed_detector(module):
            return detector_of(wrap_module(module, request))
        return wrap_module(module, request)  # in memory it no longer knows which transform its weights came with

    def names(self) -> list[str]:
        models = import_library("torchvision", "torchvision:NAME").models
        detectors = [name for name in _listed("detection") if not name.startswith("keypointrcnn")]
        return [*models.list_models(module=models), *detectors, *_listed("segmentation")]  # and no videos

    def task_of(self, name: str) -> str:
        architecture = _architecture(name)
        tasks = {"detection": Detection.name, "segmentation": PixelClasses.name}
        return next((task for kind, task in tasks.items() if architecture in _listed(kind)), super().task_of(name))

    def complete(self, model: VisionModel) -> VisionModel:
        if isinstance(model.module, ListedBoxes):
            return detector_of(model)
        bases = type(model.module).__mro__
        segments = any(base.__module__.startswith("torchvision.models.segmentation") for base in bases)
        return model.changed(task=PixelClasses()) if segments else model

    def build(self, architecture: str, num_classes: int, image_size: tuple[int, int] | None = None) -> nn.Module:
        """Of a detector with queries, of so many classes beside the background."""
        architecture = _architecture(architecture)
        models = import_library("torchvision", f"torchvision:{architecture}").models
        if architecture not in self.names():
            raise unknown_name(architecture, "torchvision", self.names())
        task = self.task_of(architecture)
        if task == Detection.name:
            detector = _make(models, architecture, weights=None, weights_backbone=None, num_classes=num_classes + 1)
            return ListedBoxes(detector, first=1)
        backbone = {"weights_backbone": None} if task == PixelClasses.name else {}
        return _make(models, architecture, weights=None, num_classes=num_classes, **backbone)


def _architecture(name: str) -> str:
    """A name without that of its weights."""
    return name.partition(".")[0]


def _listed(kind: str) -> list[str]:
    """The names of one of torchvision's submodules of models."""
    models = import_library("torchvision", "torchvision:NAME").models
    return models.list_models(module=getattr(models, kind))


def detector_of(model: VisionModel) -> VisionModel:
    """A detector that lists boxes, as one with queries; its labels are numbers where nobody names them."""
    boxes = model.module if isinstance(model.module, ListedBoxes) else ListedBoxes(model.module)
    task = Detection(boxes.num_classes, own_threshold(boxes.detector), no_object=False)
    return model.changed(module=boxes, task=task, labels=model.labels or numbered(boxes.num_classes))


def _make(models: Any, architecture: str, **settings: Any) -> nn.Module:
    """The network as its trained weights want it: those with auxiliary heads scale their input, and the heads go."""
    try:
        return models.get_model(architecture, aux_logits=False, transform_input=True, init_weights=False, **settings)
    except TypeError:  # any other network knows no such settings
        return models.get_model(architecture, **settings)


def _processor(weights: Any, request: LoadRequest) -> Processor:
    """The transform the weights were measured with; at another size the margin of its crop is kept."""
    transform = weights.transforms()
    if request.image_size is not None and not hasattr(transform, "crop_size"):  # of a detector or segmenter
        mean, std = (getattr(transform, name, default) for name, default in (("mean", [0.0] * 3), ("std", [1.0] * 3)))
        return statistics(mean, std, request.image_size)
    if request.image_size is not None:
        ratio = transform.resize_size[0] / transform.crop_size[0]
        transform.resize_size = [round(ratio * max(request.image_size))]
        transform.crop_size = list(request.image_size)  # the constructor takes squares only
    return from_callable(transform, "torchvision transform")


def _check_reachable(source: str, url: str) -> None:
    """torch.hub waits without limit for a server; ask first, unless the file is here."""
    if is_file(Path(hub.get_dir()) / "checkpoints" / Path(url).name):
        return
    try:
        urlopen(Request(url, method="HEAD"), timeout=PATIENCE_SECONDS).close()  # noqa: S310 (torchvision's own https)
    except (URLError, OSError) as error:
        raise ModelLoadError(
            f"{source} is not in the local cache and {url} could not be reached ({error}). Give a folder that holds "
            f"a model{demo_hint()}, or try again when connected."
        ) from error
