"""The options of a vision transformer trained from scratch."""

from typing import Any, Literal, no_type_check

from transformers import PreTrainedConfig
from transformers.activations import ACT2FN

from vitxplain.errors import OptionError
from vitxplain.models.scratch.options import Size, check_values, pair, refuse_unknown


@no_type_check  # jaxtyping knows the fields only; transformers' __init__ takes more
class ScratchViTConfig(PreTrainedConfig):
    """Sizes are in pixels, one number for a square or (height, width); dropouts are probabilities.

    Args:
        image_size: of the input.
        patch_size: of a patch; must divide the image size.
        num_channels: of the input.
        hidden_size: width of a token.
        num_hidden_layers: depth.
        num_attention_heads: heads a layer.
        head_size: width of a head; None shares the hidden size among the heads.
        mlp_ratio: width of the MLP's hidden layer, in hidden sizes.
        hidden_act: the MLP's activation, a name transformers knows.
        qkv_bias: whether queries, keys and values have a bias.
        projection_bias: whether attention's output projection has one.
        mlp_bias: whether the MLP's two layers have one.
        embedding_dropout: of the tokens that enter the first layer.
        attention_dropout: of attention weights.
        hidden_dropout: of what attention and MLP add to the tokens.
        drop_path: of a whole branch for an image, growing linearly from 0 at the first layer (stochastic depth).
        pooling: "cls" reads a class token, "mean" averages the patches and has no class token.
        layer_norm_eps: added to variances.
        initializer_range: standard deviation of fresh weights.

    Raises:
        OptionError: an unknown option, a value it cannot take, or values that do not fit each other.
    """

    model_type = "vitxplain_vit"

    image_size: Size = 64
    patch_size: Size = 8
    num_channels: int = 3
    hidden_size: int = 128
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    head_size: int | None = None
    mlp_ratio: float = 4.0
    hidden_act: str = "gelu"
    qkv_bias: bool = True
    projection_bias: bool = True
    mlp_bias: bool = True
    embedding_dropout: float = 0.0
    attention_dropout: float = 0.0
    hidden_dropout: float = 0.0
    drop_path: float = 0.0
    pooling: Literal["cls", "mean"] = "cls"
    layer_norm_eps: float = 1e-6
    initializer_range: float = 0.02

    def __post_init__(self, **others: Any) -> None:
        refuse_unknown(type(self), others)
        check_values(self)
        if self.hidden_act not in ACT2FN:
            raise OptionError(f"hidden_act is {self.hidden_act!r}; it takes one of {', '.join(sorted(ACT2FN))}.")
        sides, patch = pair(self.image_size), pair(self.patch_size)
        if any(side % part for side, part in zip(sides, patch, strict=True)):
            raise OptionError(
                f"image_size {_by(sides)} is no multiple of patch_size {_by(patch)}; a part of the image would be cut "
                "off. Choose sizes that divide."
            )
        if self.head_size is None and self.hidden_size % self.num_attention_heads:
            raise OptionError(
                f"hidden_size {self.hidden_size} cannot be shared among {self.num_attention_heads} heads; choose a "
                "multiple of num_attention_heads, or give head_size."
            )
        super().__post_init__(**others)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        (height, width), (down, across) = pair(self.image_size), pair(self.patch_size)
        return height // down, width // across

    @property
    def head_width(self) -> int:
        """The width of a head, as chosen or shared."""
        return self.head_size or self.hidden_size // self.num_attention_heads


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
