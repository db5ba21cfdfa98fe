"""Models trained from scratch: made from options, known to transformers' Auto classes once this is imported."""

from collections.abc import Mapping, Sequence
from typing import Any

from transformers import AutoConfig, AutoModelForImageClassification, PreTrainedModel

from vitxplain.errors import OptionError
from vitxplain.models.scratch.cnn import ScratchCNNForImageClassification
from vitxplain.models.scratch.cnn_config import ScratchCNNConfig
from vitxplain.models.scratch.options import read_options
from vitxplain.models.scratch.vit import ScratchViTForImageClassification
from vitxplain.models.scratch.vit_config import ScratchViTConfig

KINDS: dict[str, tuple[type[Any], type[Any]]] = {
    "vit": (ScratchViTConfig, ScratchViTForImageClassification),
    "cnn": (ScratchCNNConfig, ScratchCNNForImageClassification),
}

for _config, _model in KINDS.values():
    AutoConfig.register(_config.model_type, _config, exist_ok=True)
    AutoModelForImageClassification.register(_config, _model, exist_ok=True)


def scratch(kind: str, labels: Sequence[str], options: Mapping[str, Any]) -> PreTrainedModel:
    """A fresh model, its weights drawn from torch's global generator; texts are read by the type of their option.

    Raises:
        OptionError: no such kind or option, or a value it cannot take.
    """
    if kind not in KINDS:
        raise OptionError(f"kind is {kind!r}; a model from scratch is vit or cnn.")
    config, model = KINDS[kind]
    names = dict(enumerate(labels))
    return model(
        config(
            **read_options(config, options),
            id2label=names,
            label2id={name: index for index, name in names.items()},
        )
    )
