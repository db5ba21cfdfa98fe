"""A residual network trained from scratch (He et al. 2016, arXiv 1512.03385) that keeps a fine map to its end."""

from typing import TypeAlias

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedModel, initialization
from transformers.modeling_outputs import ImageClassifierOutput

from vitxplain.models.scratch.cnn_config import ScratchCNNConfig
from vitxplain.models.scratch.unet_config import ScratchUNetConfig
from vitxplain.types import PixelValues

ConvolutionalConfig: TypeAlias = ScratchCNNConfig | ScratchUNetConfig  # what a block reads is the same


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, config: ConvolutionalConfig, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = conv(config, channels, width, stride), norm(config, width)
        self.conv2, self.norm2 = conv(config, width, width, 1), norm(config, width)
        same = channels == width and stride == 1
        shortcut = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), norm(config, width))
        self.shortcut = nn.Identity() if same else shortcut
        self.activation = nn.ReLU()

    def forward(
        self, features: Float[Tensor, "batch channel_in row column"]
    ) -> Float[Tensor, "batch channel smaller_row smaller_column"]:
        branch = self.activation(self.norm1(self.conv1(features)))
        return self.activation(self.norm2(self.conv2(branch)) + self.shortcut(features))


class ScratchCNNForImageClassification(PreTrainedModel):
    """Stages of residual blocks, global average pooling and one linear layer."""

    config_class = ScratchCNNConfig
    base_model_prefix = "model"
    main_input_name = "pixel_values"
    _no_split_modules = ("Block",)

    def __init__(self, config: ScratchCNNConfig) -> None:
        super().__init__(config)
        first = config.widths[0]
        self.stem = nn.Sequential(
            conv(config, config.num_channels, first, config.stem_stride), norm(config, first), nn.ReLU()
        )
        inputs = (first, *config.widths)
        self.stages = nn.Sequential(
            *(
                nn.Sequential(
                    *(Block(config, width if i else channels, width, 1 if i else stride) for i in range(blocks))
                )
                for channels, width, blocks, stride in zip(
                    inputs, config.widths, config.blocks, config.strides, strict=False
                )
            )
        )
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.widths[-1], config.num_labels)
        self.post_init()

    def forward(self, pixel_values: PixelValues, labels: Tensor | None = None) -> ImageClassifierOutput:
        features = self.stages(self.stem(pixel_values.to(self.classifier.weight.dtype)))
        logits = self.classifier(self.dropout(features.mean((2, 3))))
        return ImageClassifierOutput(loss=None if labels is None else F.cross_entropy(logits, labels), logits=logits)

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d):
            initialization.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, Block):  # a block begins as its shortcut, which lets deep networks start
            initialization.zeros_(module.norm2.weight)
        elif isinstance(module, nn.Linear):
            initialization.trunc_normal_(module.weight, std=0.02)
            initialization.zeros_(module.bias)
        else:
            super()._init_weights(module)


def conv(config: ConvolutionalConfig, channels: int, width: int, stride: int) -> nn.Conv2d:
    """A convolution that keeps places, without a bias."""
    size = config.kernel_size
    return nn.Conv2d(channels, width, size, stride, padding=size // 2, bias=False)


def norm(config: ConvolutionalConfig, width: int) -> nn.Module:
    """The norm of the options."""
    return nn.BatchNorm2d(width) if config.norm == "batch" else nn.GroupNorm(config.groups, width)
