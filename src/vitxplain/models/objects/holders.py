"""Objects that hold a network without being one: pipelines, trainers, learners."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from PIL import Image
from torch import Tensor, nn

from vitxplain.errors import ModelLoadError, reason
from vitxplain.models.objects.wrappers import unwrap


@runtime_checkable
class ModelHolder(Protocol):
    """Whatever has a network as its `model`: a pipeline or Trainer of transformers, a Learner of fastai."""

    @property
    def model(self) -> nn.Module: ...


@dataclass(frozen=True, eq=False)
class InnerModel:
    """A network out of its wrappers, and what its holder says of it where there is one."""

    module: nn.Module
    processor: Any = None
    labels: Mapping[int, str] | None = None


def inner_model(source: Any) -> InnerModel | None:
    """The network that a module or a holder is or has; None where there is none."""
    if isinstance(source, nn.Module):
        return InnerModel(unwrap(source))
    module = getattr(source, "model", None) if not isinstance(source, type) else None
    if not isinstance(module, nn.Module):
        return None
    return InnerModel(unwrap(module), _processor(source), _labels(source))


def activation_by_loss(source: Any) -> str:
    """What follows the scores by the loss that a Learner was trained with; "auto" where nothing says it."""
    loss = None if isinstance(source, (str, nn.Module)) else getattr(source, "loss_func", None)
    loss = getattr(loss, "func", loss)  # fastai's own, which flatten what they are given
    if isinstance(loss, (nn.BCEWithLogitsLoss, nn.MultiLabelSoftMarginLoss)):
        return "sigmoid"
    return "none" if isinstance(loss, (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss)) else "auto"


def _processor(holder: Any) -> Any:
    """How images become the input: a pipeline's image_processor, a Trainer's processing_class, a Learner's data."""
    for name in ("image_processor", "processing_class"):
        processor = getattr(holder, name, None)
        if hasattr(processor, "preprocess") or hasattr(processor, "image_processor"):
            return processor
    data = getattr(holder, "dls", None)
    return _item_transform(data) if callable(getattr(data, "test_dl", None)) else None


def _item_transform(data: Any) -> Callable[[Image.Image], Tensor]:
    """What fastai's data does to an image at validation: the way its own `predict` takes."""

    def transform(image: Image.Image) -> Tensor:
        try:
            batch = next(iter(data.test_dl([np.asarray(image)], rm_type_tfms=None, num_workers=0)))
            return batch[0][0].as_subclass(Tensor).detach().cpu()
        except Exception as error:
            raise ModelLoadError(
                f"the learner's data makes no input of an image ({reason(error)}); give its module, with mean=, std= "
                "and size= as it was trained: load_model(learner.model, mean=...)."
            ) from error

    return transform


def _labels(holder: Any) -> dict[int, str] | None:
    """The names in a Learner's vocabulary, where it has one of classes."""
    vocabulary = getattr(getattr(holder, "dls", None), "vocab", None)
    if vocabulary is None or isinstance(vocabulary, str):
        return None
    names = [str(name) for name in vocabulary if isinstance(name, (str, int, np.integer))]
    return dict(enumerate(names)) if names and len(names) == len(vocabulary) else None
