"""DenseTrainable: a detector or segmenter ready for the Trainer, its images, and how it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image

from vitxplain.errors import UsageError
from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.devices import device_of, dtype_of
from vitxplain.models.loading.quiet import quiet_transformers
from vitxplain.models.mask_trial import heeds_mask
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.task_words import TaskWords, with_classes_named
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import Task
from vitxplain.train.network.trainable import Network
from vitxplain.types import PixelValues

_WIDE, _TALL = (96, 64), (64, 96)  # images (width, height) of which a processor that keeps proportions makes two sizes


class DenseNetwork(Network):
    """`network(pixel_values=..., labels=...)` gives what the model returns, its loss with it."""

    def forward(self, pixel_values: PixelValues, **others: Any) -> Any:
        inputs = self.inputs(pixel_values) if self.inputs else {"pixel_values": pixel_values}
        return self.network(**inputs, **others)


@dataclass(frozen=True, eq=False)
class DenseTrainable:
    """A detector or segmenter made ready for the Trainer.

    `processor` makes pixel_values of PIL images exactly as the saved model will. `masked` says that the model heeds a
    `pixel_mask`: boxes it finds in a batch that is padded are shares of the image without its padding. `manifest` is
    what `from_saved_folder` needs to make the network again; None where it is one of transformers.
    """

    module: DenseNetwork = field(repr=False)
    processor: Processor
    source: str
    labels: tuple[str, ...]
    mode: Literal["full", "head"]
    task: Task
    masked: bool = False
    notes: tuple[str, ...] = ()
    manifest: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def input_size(self) -> tuple[int, int]:
        return self.processor.input_size

    @property
    def model(self) -> VisionModel:
        """The network as it is now, to be tested and explained; it shares the weights."""
        network = self.module.network
        return VisionModel(
            network,
            self.source,
            self.processor,
            dict(enumerate(self.labels)),
            task=self.task,
            inputs=self.module.inputs,
            device=device_of(network),
            dtype=dtype_of(network),
        )

    def save(self, folder: Path) -> None:
        """Write what `load_model(folder)` opens.

        Raises:
            OSError: the folder cannot be written.
        """
        network: Any = self.module.network
        if self.manifest is not None:
            from_saved_folder.save(network, folder, self.manifest)
            return
        with quiet_transformers():
            network.save_pretrained(folder)
            self.processor.library.save_pretrained(folder)
            if isinstance(self.module.inputs, TaskWords):
                self.module.inputs.tokenizer.save_pretrained(folder)


def saved_processor(
    processor: Processor, size: tuple[int, int] | None, source: str, labels: Sequence[str] = ()
) -> Processor:
    """The model's own where it can be saved as it is; else one that takes the whole image at one size.

    One that knows the names of its model's classes (`metadata`) knows these `labels` instead.

    Raises:
        UsageError: it is a function of the user's that does more than that.
    """
    if size is None and processor.library is not None:
        names = hasattr(processor.library, "metadata")
        return wrap_processor(with_classes_named(processor.library, labels)) if names else processor
    pixels = Pixels.measured(processor)
    whole = Pixels(size or pixels.size, pixels.mean, pixels.std).processor("transformers")
    if size is None and not _alike(processor, whole):
        raise UsageError(
            f"{source} comes with a processor of its own that cannot be saved with it; give one of transformers, or "
            "mean=, std= and size=."
        )
    return whole


def heeds_padding(model: VisionModel) -> bool:
    """Whether the network looks at `pixel_mask`; False where its processor pads none and makes one size of all."""
    processor = model.processor
    pads = any(processor.image_part(size) is not None for size in (_WIDE, _TALL))
    size = processor([Image.new("RGB", _WIDE)]).shape[-2:]
    if processor.keeps_size and not pads:
        return False
    return heeds_mask(model.module, processor.channels, (size[0], size[1]), model.inputs)


def _alike(first: Processor, second: Processor) -> bool:
    """Whether two processors make nearly the same of an image that is wide and black on one side."""
    image = Image.new("RGB", _WIDE, "white")
    image.paste("black", (0, 0, _WIDE[0] // 4, _WIDE[1]))
    made: Sequence[torch.Tensor] = [processor([image]) for processor in (first, second)]
    return made[0].shape == made[1].shape and float((made[0] - made[1]).abs().mean()) < 0.05
