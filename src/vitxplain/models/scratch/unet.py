"""A segmenter trained from scratch: a residual network down, and up again beside it (Ronneberger et al. 2015)."""

from itertools import accumulate, pairwise

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import PreTrainedModel, initialization
from transformers.modeling_outputs import SemanticSegmenterOutput

from vitxplain.models.scratch.cnn import Block, conv, norm
from vitxplain.models.scratch.unet_config import ScratchUNetConfig
from vitxplain.tasks.pixel_classes import BACKGROUND
from vitxplain.types import PixelValues


class Up(nn.Module):
    """The coarser features, made as fine as those of the way down, added to them and mixed."""

    def __init__(self, config: ScratchUNetConfig, coarse: int, fine: int) -> None:
        super().__init__()
        self.reduce, self.norm1 = nn.Conv2d(coarse, fine, 1, bias=False), norm(config, fine)
        self.mix, self.norm2 = conv(config, fine, fine, 1), norm(config, fine)
        self.activation = nn.ReLU()

    def forward(
        self,
        coarse: Float[Tensor, "batch coarse_channel smaller_row smaller_column"],
        fine: Float[Tensor, "batch channel row column"],
    ) -> Float[Tensor, "batch channel row column"]:
        reduced = self.norm1(self.reduce(coarse))
        raised = F.interpolate(reduced, size=fine.shape[-2:], mode="bilinear", align_corners=False)
        return self.activation(self.norm2(self.mix(self.activation(raised + fine))))


class ScratchUNetForSemanticSegmentation(PreTrainedModel):
    """Stages of residual blocks, each half as fine as the one before, the way back up, and a class for each place."""

    config_class = ScratchUNetConfig
    base_model_prefix = "model"
    main_input_name = "pixel_values"
    _no_split_modules = ("Block", "Up")

    def __init__(self, config: ScratchUNetConfig) -> None:
        super().__init__(config)
        widths = config.widths
        self.stem = nn.Sequential(
            conv(config, config.num_channels, widths[0], config.stem_stride), norm(config, widths[0]), nn.ReLU()
        )
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(Block(config, width if i else before, width, 1 if i or stage == 0 else 2) for i in range(blocks))
            )
            for stage, (before, width, blocks) in enumerate(
                zip((widths[0], *widths), widths, config.blocks, strict=False)
            )
        )
        self.ups = nn.ModuleList(Up(config, coarse, fine) for fine, coarse in pairwise(widths))
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Conv2d(widths[0], config.num_labels, 1)
        self.post_init()

    def forward(
        self, pixel_values: PixelValues, labels: Int[Tensor, "batch height width"] | None = None
    ) -> SemanticSegmenterOutput:
        features = self.stem(pixel_values.to(self.classifier.weight.dtype))
        *finer, features = accumulate(self.stages, lambda before, stage: stage(before), initial=features)
        for up, fine in zip(reversed(self.ups), reversed(finer[1:]), strict=True):
            features = up(features, fine)
        logits = self.classifier(self.dropout(features))
        return SemanticSegmenterOutput(loss=None if labels is None else self._loss(logits, labels), logits=logits)

    def _loss(
        self, logits: Float[Tensor, "batch classes row column"], labels: Int[Tensor, "batch height width"]
    ) -> Float[Tensor, ""]:
        """Cross entropy in the labels' pixels, but for those that are unknown."""
        names = [self.config.id2label[index] for index in range(self.config.num_labels)]
        weights = [self.config.background_weight if name == BACKGROUND else 1.0 for name in names]
        raised = F.interpolate(logits, size=labels.shape[-2:], mode="bilinear", align_corners=False).float()
        unknown = self.config.semantic_loss_ignore_index
        return F.cross_entropy(raised, labels.long(), raised.new_tensor(weights), ignore_index=unknown)

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Conv2d):
            initialization.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                initialization.zeros_(module.bias)
        elif isinstance(module, Block):  # a block begins as its shortcut, which lets deep networks start
            initialization.zeros_(module.norm2.weight)
        else:
            super()._init_weights(module)
