"""Trainable: a network ready for the Trainer, with a head for the data's classes, its images and how it is saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import nn
from transformers.modeling_outputs import ImageClassifierOutput

from vitxplain.errors import UsageError
from vitxplain.models.loading.blueprint import Blueprint
from vitxplain.models.loading.devices import device_of, dtype_of
from vitxplain.models.plain_pass import logits_of_grey_image
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.sizes import SizeLike, parse_size
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.extras import check_installed
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.classification import Classification
from vitxplain.train.config.lora_options import LoraOptions
from vitxplain.train.network import lora, saving
from vitxplain.train.network.prepare import PreparedModel, open_pretrained, open_scratch, with_head
from vitxplain.types import PixelValues

Mode: TypeAlias = Literal["full", "head", "lora"]
_KEEPS_STATISTICS = (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm)


class Network(nn.Module):
    """`network(pixel_values=...)` gives an object with `.logits`, whatever library the network is of.

    Norms that keep statistics do not update them while their own weights are frozen.
    """

    def __init__(self, network: nn.Module, inputs: Callable[[PixelValues], dict[str, Any]] | None) -> None:
        super().__init__()
        self.network, self.inputs = network, inputs

    def forward(self, pixel_values: PixelValues) -> ImageClassifierOutput:
        output = self.network(**self.inputs(pixel_values)) if self.inputs else self.network(pixel_values)
        return ImageClassifierOutput(logits=Classification().outputs(output)[LOGITS])

    def train(self, mode: bool = True) -> "Network":
        super().train(mode)
        for part in self.network.modules():
            if isinstance(part, _KEEPS_STATISTICS) and not any(weight.requires_grad for weight in part.parameters()):
                part.eval()
        return self


@dataclass(frozen=True, eq=False)
class Trainable:
    """A model made ready for the Trainer.

    `module(pixel_values=...)` gives an object with `.logits`; `processor` makes pixel_values of PIL images, the whole
    image at one size, exactly as the saved model will.
    """

    module: Network = field(repr=False)
    processor: Processor
    source: str
    labels: tuple[str, ...]
    mode: Mode
    pixels: Pixels
    blueprint: Blueprint | None = field(repr=False)  # None: the files of transformers alone describe it

    notes: tuple[str, ...] = ()

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width) of the input, in pixels."""
        return self.pixels.size

    @property
    def model(self) -> VisionModel:
        """The network as it is now, to be explained; it shares the weights."""
        device, dtype = device_of(self.module.network), dtype_of(self.module.network)
        labels = dict(enumerate(self.labels))
        return VisionModel(
            self.module.network,
            self.source,
            self.processor,
            labels,
            inputs=self.module.inputs,
            device=device,
            dtype=dtype,
        )

    def save(self, folder: Path) -> None:
        """Write what `load_model(folder)` opens; LoRA's adapters are added into the layers they sit on.

        Raises:
            OSError: the folder cannot be written.
        """
        plain = lora.merge_adapters(self.module.network) if self.mode == "lora" else self.module.network
        saving.save_model(plain, folder, self.labels, self.pixels, self.blueprint)


def trainable(
    source: "str | Path | nn.Module | VisionModel",
    labels: Sequence[str],
    *,
    mode: Mode = "full",
    cut_at: str | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    image_size: SizeLike | None = None,
) -> Trainable:
    """A model made ready to learn these classes.

    Args:
        source: what load_model opens, or "scratch" for a model with fresh weights.
        labels: class names in the order of the data's indices; if they are the model's own, its head is kept.
        mode: "full" trains every weight, "head" a new head alone, "lora" low-rank adapters and a new head.
        cut_at: for CNNs: end the network at this node, with global average pooling and one linear layer.
        options: for "scratch" `kind` and the options of that kind, for LoRA those of LoraOptions; texts are read by
            type.
        seed: of every fresh weight.
        image_size: another input size than the model's own, where it can take one; (height, width) in pixels.

    Raises:
        ModelLoadError: no model could be made of the source.
        UsageError: an option that cannot be, or a model that cannot be trained on one class an image.
    """
    names = tuple(str(label) for label in labels)
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(f"the classes are {', '.join(names) or 'none'}; training needs at least two, all different.")
    if mode == "lora":
        check_installed("mode=lora", "peft")
    size = None if image_size is None else parse_size(image_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        scratch = source == "scratch" if isinstance(source, str) else False
        model_options, adapters = lora.split_options(options or {}, mode)
        prepared = open_scratch(names, model_options, size) if scratch else open_pretrained(source, model_options, size)
        prepared = with_head(prepared, names, cut_at)
        network = _network(prepared, mode, adapters)
    return Trainable(
        network, prepared.model.processor, prepared.model.source, names, mode, prepared.pixels, prepared.blueprint
    )


def _network(prepared: PreparedModel, mode: Mode, adapters: LoraOptions) -> Network:
    """The network, in which only the weights of the mode learn."""
    module = prepared.model.module
    logits_of_grey_image(prepared.model, resized=True)
    module.requires_grad_(mode == "full")
    if mode == "lora":
        lora.add_adapters(prepared.model, prepared.heads, adapters)
    for path in prepared.heads:
        module.get_submodule(path).requires_grad_(True)
    return Network(module, prepared.model.inputs)
