"""Models trained from scratch: made from options, known to transformers' Auto classes once this is imported."""

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import (
    AutoConfig,
    AutoModelForImageClassification,
    AutoModelForSemanticSegmentation,
    PreTrainedModel,
)

from vitxplain.models.scratch.cnn import ScratchCNNForImageClassification
from vitxplain.models.scratch.kinds import OPTIONS, check_kind
from vitxplain.models.scratch.options import read_options
from vitxplain.models.scratch.unet import ScratchUNetForSemanticSegmentation
from vitxplain.models.scratch.vit import ScratchViTForImageClassification

# Our own classes by kind; other kinds are made of transformers'.
OWN: dict[str, type[Any]] = {
    "vit": ScratchViTForImageClassification,
    "cnn": ScratchCNNForImageClassification,
    "unet": ScratchUNetForSemanticSegmentation,
}

for _model in OWN.values():
    _config = _model.config_class
    AutoConfig.register(_config.model_type, _config, exist_ok=True)
    _auto = AutoModelForSemanticSegmentation if _model is OWN["unet"] else AutoModelForImageClassification
    _auto.register(_config, _model, exist_ok=True)


def scratch(kind: str, labels: Sequence[str], options: Mapping[str, Any]) -> PreTrainedModel:
    """A fresh model, its weights drawn from torch's global generator; texts are read by the type of their option.

    The labels of a segmenter are those of its map, what is called background among them.

    Raises:
        OptionError: no such kind or option, or a value it cannot take.
    """
    check_kind(kind)
    values = read_options(OPTIONS[kind], options)
    names = dict(enumerate(labels))
    if kind == "rt-detr":
        from vitxplain.models.scratch.rt_detr import rt_detr  # transformers' own, which no other model needs

        return rt_detr(OPTIONS[kind](**values), names)
    model = OWN[kind]
    return model(model.config_class(**values, id2label=names, label2id={name: index for index, name in names.items()}))
