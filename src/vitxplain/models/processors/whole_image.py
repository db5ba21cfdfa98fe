"""How images enter a trained model: whole, at one size, scaled by the mean and deviation it was trained with."""

from dataclasses import dataclass
from typing import Literal

from PIL import Image
from transformers import ViTImageProcessorPil

from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.simple_processor import statistics
from vitxplain.models.processors.transformers_processor import wrap_processor

_DIGITS = 6  # of what is measured in single precision


@dataclass(frozen=True)
class Pixels:
    """Size (height, width) in pixels; mean and standard deviation of each channel, for values in [0, 1]."""

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def measured(cls, processor: Processor) -> "Pixels":
        """Those of any processor, read off what it makes of black and of white."""
        black, white = (processor([Image.new("RGB", (256, 256), (level,) * 3)])[0] for level in (0, 255))
        low, high = (pixels.double().flatten(1).mean(1) for pixels in (black, white))
        std = 1 / (high - low)
        mean = -low * std
        return cls(
            processor.input_size, *(tuple(round(one, _DIGITS) for one in values.tolist()) for values in (mean, std))
        )

    def processor(self, library: Literal["transformers", "ours"]) -> Processor:
        """The processor that a saved folder brings: a model of transformers, or one with vitxplain.json ("ours")."""
        if library == "ours":
            return statistics(self.mean, self.std, self.size)
        return wrap_processor(self.transformers_processor())

    def transformers_processor(self) -> ViTImageProcessorPil:
        height, width = self.size
        return ViTImageProcessorPil(
            size={"height": height, "width": width},
            resample=Image.Resampling.BICUBIC,
            image_mean=list(self.mean),
            image_std=list(self.std),
        )
