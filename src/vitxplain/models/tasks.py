"""Which tasks models are loaded for, and what a model of another task is: by its class's name, or by its output.

Names of classes come from transformers' own tables, which say for what its Auto classes take them.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from torch import Tensor, nn

from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.models.model_kinds import CLASSIFIER, DETECTOR, ENCODER, MASKS, SEGMENTER, kind_of
from vitxplain.tasks.base import Task
from vitxplain.tasks.classification import Classification
from vitxplain.tasks.detection import Detection, detection
from vitxplain.tasks.features import Features
from vitxplain.tasks.masks import Masks, segmentation_by_masks
from vitxplain.tasks.pixel_classes import PixelClasses

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

TASKS: Final[dict[str, type[Task]]] = {task.name: task for task in (Classification, Detection, PixelClasses, Features)}

_EXPLAINED: Final = (CLASSIFIER, DETECTOR, SEGMENTER, MASKS, ENCODER)

_TRAINED: Final[dict[str, type[Task]]] = {
    CLASSIFIER: Classification,
    DETECTOR: Detection,
    SEGMENTER: PixelClasses,
    MASKS: Masks,
}

# What transformers, timm and torchvision call the layers that make class scores.
_HEADS: Final = (
    *("classifier", "head", "heads", "fc", "score"),
    *("head_dist", "dist_head", "cls_classifier", "distillation_classifier", "classifier_distill"),
)

# What a model is, with fields of its output that no classifier has; the first that is there counts.
_FIELDS: Final = {
    "pred_boxes": DETECTOR,
    "decoder_coord_logits": "an object detector that wants text",
    "masks_queries_logits": MASKS,
    "pred_masks": MASKS,
    "predicted_depth": "a depth estimator",
    "logits_per_image": "an image-text model",
}


def check_task_name(task: str) -> None:
    """Raises:
    UsageError: neither "auto" nor a task that models are loaded for.
    """
    if task != "auto" and task not in TASKS:
        raise UsageError(f"task {task!r} does not exist; choose auto or {' or '.join(TASKS)}.")


def is_classifier_class(module: nn.Module) -> bool:
    """Whether transformers lists the module's class, or one it derives from, as an image classifier."""
    return kind_of(_class_names(module)) == CLASSIFIER


def is_encoder_class(module: nn.Module) -> bool:
    """Whether transformers lists the module's class, or one it derives from, as an encoder without a head."""
    return kind_of(_class_names(module)) == ENCODER


def has_no_head(module: nn.Module) -> bool:
    """Whether a classifier of a library had its head taken out: `model.classifier = nn.Identity()`, or no classes.

    Only where its class is the library's own: what an own module calls its head may be anything.
    """
    if type(module).__module__.partition(".")[0] not in ("transformers", "timm", "torchvision"):
        return False
    parts = [part for name, head in module.named_children() if name in _HEADS for part in head.modules()]
    emptied = any(isinstance(part, nn.Identity) for part in parts)
    return emptied and not any(hasattr(part, "out_features") or hasattr(part, "out_channels") for part in parts)


def are_encoders(architectures: Iterable[str]) -> bool:
    """Whether a configuration's `architectures` name encoders without a head, and nothing else."""
    names = list(architectures)
    return bool(names) and all(kind_of([name]) == ENCODER for name in names)


def check_class(source: str, module: nn.Module) -> None:
    """Raises:
    ModelLoadError: the module's class, or one it derives from, is of a task that is not explained. An encoder passes:
        what it gives says whether it can be explained.
    """
    kind = kind_of(_class_names(module))
    if kind is not None and kind not in _EXPLAINED:
        raise of_another_task(source, kind, type(module).__name__)


def check_architectures(source: str, architectures: Iterable[str]) -> None:
    """Raises:
    ModelLoadError: a configuration's `architectures` name a class of a task that is not explained. An encoder's passes:
        there may be a classifier among the weights.
    """
    kind, name = _other_kind(architectures)
    if kind is not None and name is not None and kind not in _EXPLAINED:
        raise of_another_task(source, kind, name)


def is_detector_class(module: nn.Module) -> bool:
    """Whether transformers lists the module's class, or one it derives from, as an object detector."""
    return kind_of(_class_names(module)) == DETECTOR


def is_segmenter_class(module: nn.Module) -> bool:
    """Whether transformers lists the module's class, or one it derives from, as a semantic segmenter."""
    return kind_of(_class_names(module)) == SEGMENTER


def is_mask_class(module: nn.Module) -> bool:
    """Whether transformers lists the module's class, or one it derives from, as a segmenter that finds masks."""
    return kind_of(_class_names(module)) == MASKS


def dense_class(architectures: Iterable[str]) -> str | None:
    """The class of a detector or segmenter that a configuration's `architectures` name; None where they name none."""
    kind, name = _other_kind(architectures)
    return name if kind in (DETECTOR, SEGMENTER, MASKS) else None


def task_of_classes(names: Iterable[str]) -> str | None:
    """The task of the first of these classes that transformers lists; None where that is of none of ours."""
    task = _TRAINED.get(kind_of(names) or "")
    return None if task is None else task.name


def described(architectures: Iterable[str]) -> str | None:
    """What a model of another task is by its configuration's `architectures`, with its class."""
    kind, name = _other_kind(architectures)
    return None if kind is None else f"{kind} ({name})"


def check_output(source: str, module: nn.Module, output: Any) -> None:
    """Raises:
    ModelLoadError: what the module returned for one image is the output of another task.
    """
    kind = _kind_of_output(output)
    if kind is not None:
        raise of_another_task(source, kind, type(module).__name__)


def task_of_output(model: "VisionModel", output: Any, classes: int | None) -> Task | None:
    """The task of a detector or segmenter, told by what it returned for one image; None for any other model.

    Raises:
        ModelLoadError: it is a detector, and nothing says how many classes it knows.
    """
    kind = _kind_of_output(output)
    if kind == SEGMENTER:
        return PixelClasses()
    queries = output.get("class_queries_logits") if kind == MASKS else None
    if isinstance(queries, Tensor):  # the last says that a query found nothing
        return segmentation_by_masks(queries.shape[-1] - 1, model.processor.library)
    if kind != DETECTOR or not isinstance(output.get("logits"), Tensor):
        return None
    count = classes or len(model.labels)
    if count:
        return detection(count, model.processor.library)
    raise ModelLoadError(
        f"{model.source} is a detector, and whether the last of its {output['logits'].shape[-1]} logits is a class or "
        "that there is no object cannot be told; give the names of its classes as labels=."
    )


def of_another_task(source: str, kind: str, class_name: str) -> ModelLoadError:
    """The error for a model that is no image classifier; `kind` says what it is."""
    shown = "" if class_name == source else f" ({class_name})"
    return ModelLoadError(
        f"{source} is {kind}{shown}; vitxplain explains image classifiers, object detectors and image segmenters, such "
        "as those of https://huggingface.co/models?pipeline_tag=image-classification."
    )


def _class_names(module: nn.Module) -> list[str]:
    """The classes of a model of transformers or ours, its own first; of any other none: names alone prove nothing."""
    classes = type(module).__mro__
    return [base.__name__ for base in classes if base.__module__.partition(".")[0] in ("transformers", "vitxplain")]


def _other_kind(architectures: Iterable[str]) -> tuple[str, str] | tuple[None, None]:
    """What the first of these classes is that is of another task, and its name; Nones if one is a classifier."""
    kinds = {name: kind_of([name]) for name in architectures}
    if CLASSIFIER in kinds.values():
        return None, None
    return next(((kind, name) for name, kind in kinds.items() if kind is not None), (None, None))


def _kind_of_output(output: Any) -> str | None:
    """What a model is that returns this; None where it may be a classifier's."""
    if isinstance(output, (list, tuple)):  # torchvision's detectors: boxes, labels and scores of each image
        boxes = any(isinstance(part, Mapping) and "boxes" in part for part in output)
        return "an object detector that gives boxes alone" if boxes else None
    if not isinstance(output, Mapping):
        return None
    for field, kind in _FIELDS.items():
        if output.get(field) is not None:
            return kind
    logits = output.get("logits", output.get("out"))  # "out" is torchvision's
    return SEGMENTER if isinstance(logits, Tensor) and logits.dim() == 4 else None
