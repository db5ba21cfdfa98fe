"""A detector or segmenter of transformers for other classes: all weights stay that do not depend on their number."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from torch import nn
from transformers import PreTrainedModel


def knows_classes(module: PreTrainedModel, labels: Sequence[str]) -> bool:
    """Whether the model has these classes, in this order, and no others."""
    own: Any = module.config.id2label
    return [own.get(index) for index in range(len(own))] == list(labels)


def with_classes(module: PreTrainedModel, labels: Sequence[str]) -> tuple[PreTrainedModel, frozenset[str]]:
    """The model for these classes, and the names of its fresh weights; nothing is fresh where it has them already.

    Fresh weights are drawn as the library draws them, from torch's global generator. It is made anew, since layers that
    depend on the number of classes may stand at several places that share weights.
    """
    if knows_classes(module, labels):
        return module, frozenset()
    config: Any = deepcopy(module.config)
    config.num_labels = len(labels)  # a few configs keep the number beside the names
    config.id2label = dict(enumerate(labels))
    config.label2id = {name: index for index, name in enumerate(labels)}
    renewed = type(module)(config)
    before, after = module.state_dict(), renewed.state_dict()
    kept = {name: value for name, value in before.items() if name in after and after[name].shape == value.shape}
    renewed.load_state_dict(kept, strict=False)
    return renewed, frozenset(after.keys() - kept.keys())


def freeze_all_but(module: nn.Module, names: frozenset[str]) -> None:
    """Let these parameters learn alone."""
    for name, weight in module.named_parameters():
        weight.requires_grad_(name in names)
