"""The layers whose shape depends on the number of classes, and new ones in their place."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from accelerate import init_empty_weights
from torch import nn

from vitxplain.errors import ModelLoadError

Build = Callable[[int], nn.Module]  # the untrained module for so many classes


def same_for(module: nn.Module, classes: int) -> nn.Module:
    """A transformers model of the same class and configuration, untrained, for so many classes."""
    config: Any = deepcopy(module.config)
    config.num_labels = classes
    return type(module)(config)


def head_paths(build: Build) -> tuple[str, ...]:
    """Where a network's heads are; several in distilled models and in those with auxiliary classifiers.

    Raises:
        ModelLoadError: nothing in it depends on the number of classes.
    """
    with init_empty_weights():
        smaller, larger = ({name: one.shape for name, one in build(count).named_parameters()} for count in (3, 4))
    differing = [name for name, shape in smaller.items() if larger.get(name) != shape]
    if not differing:
        raise ModelLoadError("no layer of the model depends on the number of classes, so it cannot be given others.")
    return tuple(dict.fromkeys(name.rpartition(".")[0] for name in differing))


def renew(module: nn.Module, paths: tuple[str, ...], classes: int, build: Build) -> None:
    """Put a fresh head for so many classes at each path, drawn from torch's global generator."""
    for path in paths:
        old = module.get_submodule(path)
        if isinstance(old, nn.Linear):
            new: nn.Module = nn.Linear(old.in_features, classes, bias=old.bias is not None)
        elif isinstance(old, nn.Conv2d) and old.kernel_size == (1, 1):
            new = nn.Conv2d(old.in_channels, classes, 1, bias=old.bias is not None)
        else:  # a layer of the library's own, which only the library can make
            new = build(classes).get_submodule(path)
        if isinstance(new, (nn.Linear, nn.Conv2d)):
            nn.init.trunc_normal_(new.weight, std=0.02)
            if new.bias is not None:
                nn.init.zeros_(new.bias)
        module.set_submodule(path, new)
