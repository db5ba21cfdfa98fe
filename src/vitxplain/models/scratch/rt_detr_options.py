"""The options of a detector trained from scratch."""

from dataclasses import dataclass

from vitxplain.errors import OptionError
from vitxplain.models.scratch.options import Size, check_values, pair

FIRST_STRIDE = 4  # of the first stage's features: a convolution and a pooling, each of 2


@dataclass
class RTDetrOptions:
    """A residual backbone, an encoder over its last stages, and queries that look for objects.

    Args:
        image_size: of the input in pixels, one number for a square or (height, width), multiples of the last stride.
        num_channels: of the input.
        stem_width: channels before the first stage.
        widths: channels of each stage of the backbone; the first is 4 times coarser than the image, each other 2 times
            coarser than the one before.
        blocks: residual blocks of each stage.
        levels: how many stages, the last ones, are searched for objects.
        hidden_size: width of a query.
        num_attention_heads: heads a layer.
        mlp_size: width of the hidden layer of encoder and decoder.
        num_decoder_layers: depth of the decoder.
        num_queries: how many objects can be found in an image.
        num_denoising: queries that are given away in training, so that it starts faster.
        dropout: in encoder and decoder, a probability.

    Raises:
        OptionError: a value it cannot take, or values that do not fit each other.
    """

    image_size: Size = 96
    num_channels: int = 3
    stem_width: int = 24
    widths: tuple[int, ...] = (32, 64, 128)
    blocks: tuple[int, ...] = (1, 1, 1)
    levels: int = 2
    hidden_size: int = 64
    num_attention_heads: int = 4
    mlp_size: int = 128
    num_decoder_layers: int = 2
    num_queries: int = 30
    num_denoising: int = 30
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_values(self)
        if len(self.widths) != len(self.blocks):
            raise OptionError(
                f"widths {self.widths} and blocks {self.blocks} do not have one number for each stage; give as many "
                "of each."
            )
        if self.levels > len(self.widths):
            raise OptionError(f"levels is {self.levels}, and there are {len(self.widths)} stages; give that or fewer.")
        if self.hidden_size % (4 * self.num_attention_heads):
            raise OptionError(
                f"hidden_size {self.hidden_size} is no multiple of 4 times num_attention_heads "
                f"({self.num_attention_heads}); choose one."
            )
        coarsest = self.strides[-1]
        if any(side % coarsest for side in pair(self.image_size)):
            raise OptionError(
                f"image_size {self.image_size} is no multiple of {coarsest}, the stride of the last of "
                f"{len(self.widths)} stages; choose one that is."
            )

    @property
    def strides(self) -> tuple[int, ...]:
        """By how much the features of each stage searched are coarser than the image, the finest first."""
        stages = len(self.widths)
        return tuple(FIRST_STRIDE * 2**stage for stage in range(stages - self.levels, stages))
