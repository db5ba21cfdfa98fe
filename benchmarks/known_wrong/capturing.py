"""Mistakes in getting at attention."""

import warnings

import torch
import torch.nn.functional as F
from torch import nn
from transformers import ViTConfig, ViTForImageClassification

from benchmarks.known_wrong.material import attention


def empty_attentions() -> dict[str, float]:
    """A transformers model loaded as it stands, asked for its attentions."""
    config = ViTConfig(hidden_size=48, num_hidden_layers=4, num_attention_heads=3, intermediate_size=96, image_size=32)
    asked = ViTForImageClassification(config).eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attentions = asked(torch.zeros(1, 3, 32, 32), output_attentions=True).attentions
    return {"asked": config.num_hidden_layers, "given": len(attentions or ())}


def hooked() -> dict[str, float]:
    """A hook on the attention of PyTorch's own encoder layer: how often it is called, and with how many weights."""
    layer = nn.TransformerEncoderLayer(48, 3, 96, batch_first=True).eval()
    outputs: list[tuple[torch.Tensor, torch.Tensor | None]] = []
    layer.self_attn.register_forward_hook(lambda *args: outputs.append(args[2]))
    with torch.no_grad():
        layer(torch.zeros(1, 5, 48))
    return {"calls": len(outputs), "weights": sum(weights is not None for _, weights in outputs)}


def masked_row() -> dict[str, float]:
    """One query that may not attend to anything."""
    query, key = torch.randn(2, 1, 4, 8).unbind(0)
    mask = torch.ones(4, 4, dtype=torch.bool)
    mask[0] = False
    naive = (query @ key.mT).masked_fill(~mask, -torch.inf).softmax(-1)
    fused = F.scaled_dot_product_attention(query[None], key[None], torch.ones(1, 1, 4, 4), attn_mask=mask)
    return {"naive": int(naive.isnan().sum()), "fused": int(fused.isnan().sum())}


def half_softmax() -> dict[str, float]:
    """The attention of demo-vit, its softmax in half precision and in single."""
    scores = attention().clamp_min(1e-12).log()
    return {
        "half": float((scores.bfloat16().softmax(-1).float().sum(-1) - 1).abs().max()),
        "single": float((scores.softmax(-1).sum(-1) - 1).abs().max()),
    }


def untrained() -> dict[str, float]:
    """How far attention is from uniform: ViT-B/16 with fresh weights, and demo-vit."""
    torch.manual_seed(0)
    asked = ViTForImageClassification._from_config(ViTConfig(), attn_implementation="eager").eval()
    with torch.no_grad():
        maps = torch.cat(asked(torch.randn(1, 3, 224, 224), output_attentions=True).attentions)
    return {
        "untrained": float((maps - 1 / maps.shape[-1]).abs().max()),
        "trained": float((attention() - 1 / attention().shape[-1]).abs().max()),
    }
