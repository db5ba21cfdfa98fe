"""What kinds of models there are from scratch: what each is for and its options. Imports no model, which takes long."""

from typing import Any, Final

from vitxplain.errors import OptionError
from vitxplain.models.scratch.cnn_config import ScratchCNNConfig
from vitxplain.models.scratch.rt_detr_options import RTDetrOptions
from vitxplain.models.scratch.unet_config import ScratchUNetConfig
from vitxplain.models.scratch.vit_config import ScratchViTConfig

# The class whose fields are the options of a kind.
OPTIONS: Final[dict[str, type[Any]]] = {
    "vit": ScratchViTConfig,
    "cnn": ScratchCNNConfig,
    "rt-detr": RTDetrOptions,
    "unet": ScratchUNetConfig,
}

# The kinds for each task, the usual one first.
KINDS_OF: Final[dict[str, tuple[str, ...]]] = {
    "image-classification": ("vit", "cnn"),
    "object-detection": ("rt-detr",),
    "image-segmentation": ("unet",),
}


def usual_kind(task: str) -> str:
    """The kind of a model for the task where none is chosen.

    Raises:
        OptionError: no model from scratch is for the task.
    """
    if task not in KINDS_OF:
        raise OptionError(f"no model from scratch is for {task}; there are some for {', '.join(KINDS_OF)}.")
    return KINDS_OF[task][0]


def check_kind(kind: str, task: str | None = None) -> None:
    """Raises:
    OptionError: there is no such kind, or it is for another task.
    """
    if kind not in OPTIONS:
        *names, last = OPTIONS
        raise OptionError(f"kind is {kind!r}; a model from scratch is {', '.join(names)} or {last}.")
    if task is not None and kind not in KINDS_OF.get(task, ()):
        own = next(name for name, kinds in KINDS_OF.items() if kind in kinds)
        fitting = " or ".join(KINDS_OF.get(task, ())) or "none"
        raise OptionError(f"kind={kind} is a model for {own}; for {task} there is {fitting}.")
