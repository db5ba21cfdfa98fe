"""A vision transformer trained from scratch (Dosovitskiy et al. 2021, arXiv 2010.11929), pre-norm."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformers import PreTrainedModel, initialization
from transformers.activations import ACT2FN
from transformers.modeling_outputs import ImageClassifierOutput

from vitxplain.models.scratch.options import pair
from vitxplain.models.scratch.vit_config import ScratchViTConfig
from vitxplain.types import PixelValues

Tokens = Float[Tensor, "batch token feature"]


class Embeddings(nn.Module):
    """Pixels to tokens: patches, the class token before them, and position embeddings."""

    def __init__(self, config: ScratchViTConfig) -> None:
        super().__init__()
        self.size, self.grid = pair(config.image_size), config.grid
        width, patch = config.hidden_size, pair(config.patch_size)
        prefix = 1 if config.pooling == "cls" else 0
        self.patches = nn.Conv2d(config.num_channels, width, patch, patch)
        self.cls_token = nn.Parameter(torch.empty(1, 1, width)) if prefix else None
        self.position_embeddings = nn.Parameter(torch.empty(1, prefix + self.grid[0] * self.grid[1], width))
        self.dropout = nn.Dropout(config.embedding_dropout)

    def forward(self, pixel_values: PixelValues, interpolate: bool) -> Tokens:
        size = tuple(pixel_values.shape[-2:])
        if size != self.size and not interpolate:
            raise ValueError(f"the image is {size}, the model takes {self.size} (height, width)")
        patches = self.patches(pixel_values.to(self.patches.weight.dtype))
        same = size == self.size
        positions = self.position_embeddings if same else self._resampled(tuple(patches.shape[-2:]))
        tokens = patches.flatten(2).mT
        if self.cls_token is not None:
            tokens = torch.cat([self.cls_token.expand(tokens.shape[0], -1, -1), tokens], dim=1)
        return self.dropout(tokens + positions)

    def _resampled(self, grid: tuple[int, int]) -> Tensor:
        """The position embeddings at another grid; that of the class token stays."""
        prefix = self.position_embeddings.shape[1] - self.grid[0] * self.grid[1]
        prefix_rows, table = self.position_embeddings[:, :prefix], self.position_embeddings[:, prefix:]
        table = table.mT.unflatten(2, self.grid)
        table = F.interpolate(table, size=grid, mode="bicubic", align_corners=False)
        return torch.cat([prefix_rows, table.flatten(2).mT], dim=1)


class SelfAttention(nn.Module):
    """Multi-head attention of all tokens to all tokens."""

    def __init__(self, config: ScratchViTConfig) -> None:
        super().__init__()
        self.heads, self.dropout = config.num_attention_heads, config.attention_dropout
        inner = config.num_attention_heads * config.head_width
        self.query = nn.Linear(config.hidden_size, inner, bias=config.qkv_bias)
        self.key = nn.Linear(config.hidden_size, inner, bias=config.qkv_bias)
        self.value = nn.Linear(config.hidden_size, inner, bias=config.qkv_bias)
        self.projection = nn.Linear(inner, config.hidden_size, bias=config.projection_bias)

    def forward(self, tokens: Tokens) -> Tokens:
        query, key, value = (
            layer(tokens).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        if self.training and query.device.type == "cpu":
            # The same by hand: with the CPU's fused kernel forward and backward take 1.7 times as long (145 tokens).
            weights = (query @ key.mT * query.shape[-1] ** -0.5).softmax(-1)
            mixed = F.dropout(weights, self.dropout) @ value
        else:
            dropout = self.dropout if self.training else 0.0
            mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        return self.projection(mixed.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """Norm, attention; norm, MLP: each adds to the tokens."""

    def __init__(self, config: ScratchViTConfig, drop_path: float) -> None:
        super().__init__()
        width, inner = config.hidden_size, round(config.hidden_size * config.mlp_ratio)
        self.norm_before = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.attention = SelfAttention(config)
        self.norm_after = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.mlp = nn.Sequential(
            nn.Linear(width, inner, bias=config.mlp_bias),
            ACT2FN[config.hidden_act],
            nn.Linear(inner, width, bias=config.mlp_bias),
        )
        self.dropout = nn.Dropout(config.hidden_dropout)
        self.drop_path = drop_path

    def forward(self, tokens: Tokens) -> Tokens:
        tokens = tokens + self._dropped(self.attention(self.norm_before(tokens)))
        return tokens + self._dropped(self.mlp(self.norm_after(tokens)))

    def _dropped(self, branch: Tokens) -> Tokens:
        """Stochastic depth (Huang et al. 2016, arXiv 1603.09382): an image skips the branch, the others make up."""
        branch = self.dropout(branch)
        if not self.training or self.drop_path == 0:
            return branch
        keep = 1 - self.drop_path
        return branch * branch.new_empty(branch.shape[0], 1, 1).bernoulli_(keep) / keep


class ScratchViTForImageClassification(PreTrainedModel):
    """ViT with one linear layer on the class token or on the mean of the patches."""

    config_class = ScratchViTConfig
    base_model_prefix = "model"
    main_input_name = "pixel_values"
    _supports_sdpa = True
    _no_split_modules = ("Layer",)

    def __init__(self, config: ScratchViTConfig) -> None:
        super().__init__(config)
        self.embeddings = Embeddings(config)
        depth = config.num_hidden_layers
        rates = [config.drop_path * layer / max(depth - 1, 1) for layer in range(depth)]
        self.layers = nn.ModuleList(Layer(config, rate) for rate in rates)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def forward(
        self, pixel_values: PixelValues, labels: Tensor | None = None, interpolate_pos_encoding: bool = False
    ) -> ImageClassifierOutput:
        tokens = self.embeddings(pixel_values, interpolate_pos_encoding)
        for layer in self.layers:
            tokens = layer(tokens)
        tokens = self.norm(tokens)
        logits = self.classifier(tokens[:, 0] if self.config.pooling == "cls" else tokens.mean(1))
        return ImageClassifierOutput(loss=None if labels is None else F.cross_entropy(logits, labels), logits=logits)

    def _init_weights(self, module: nn.Module) -> None:
        std = self.config.initializer_range
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            initialization.trunc_normal_(module.weight, std=std)
            if module.bias is not None:
                initialization.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            initialization.ones_(module.weight)
            initialization.zeros_(module.bias)
        elif isinstance(module, Embeddings):
            initialization.trunc_normal_(module.position_embeddings, std=std)
            if module.cls_token is not None:
                initialization.trunc_normal_(module.cls_token, std=std)
