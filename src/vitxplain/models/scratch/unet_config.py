"""The options of a segmenter trained from scratch."""

from typing import Any, Literal, no_type_check

from transformers import PreTrainedConfig

from vitxplain.errors import OptionError
from vitxplain.models.scratch.options import Size, check_values, refuse_unknown


@no_type_check  # jaxtyping knows the fields only; transformers' __init__ takes more
class ScratchUNetConfig(PreTrainedConfig):
    """The map of classes has the image's size divided by `stem_stride`; each stage after the first halves its own.

    Args:
        image_size: of the input in pixels, one number for a square or (height, width); other sizes work too.
        num_channels: of the input.
        widths: channels of each stage, the finest first.
        blocks: residual blocks of each stage.
        stem_stride: by how much the first convolution makes the image smaller.
        kernel_size: of the convolutions, odd.
        norm: "batch" normalises over the batch, "group" over groups of channels, for small batches.
        groups: how many "group" makes of the channels; must divide every width.
        dropout: of the finest map before the classes, a probability.
        background_weight: what a pixel of a class called background counts in the loss; one of any other counts 1.

    Raises:
        OptionError: an unknown option, a value it cannot take, or values that do not fit each other.
    """

    model_type = "vitxplain_unet"
    semantic_loss_ignore_index = 255  # a label that says nothing of its pixel; no option

    image_size: Size = 96
    num_channels: int = 3
    widths: tuple[int, ...] = (32, 64, 96, 128)
    blocks: tuple[int, ...] = (1, 1, 1, 1)
    stem_stride: int = 2
    kernel_size: int = 3
    norm: Literal["batch", "group"] = "batch"
    groups: int = 8
    dropout: float = 0.0
    background_weight: float = 1.0

    def __post_init__(self, **others: Any) -> None:
        refuse_unknown(type(self), others)
        check_values(self)
        if len(self.widths) != len(self.blocks):
            raise OptionError(
                f"widths {self.widths} and blocks {self.blocks} do not have one number for each stage; give as many "
                "of each."
            )
        if self.kernel_size % 2 == 0:
            raise OptionError(
                f"kernel_size is {self.kernel_size}; it takes an odd number, so that maps keep their place."
            )
        if self.norm == "group" and any(width % self.groups for width in self.widths):
            raise OptionError(f"widths {self.widths} are no multiples of groups {self.groups}; choose ones that are.")
        super().__post_init__(**others)
