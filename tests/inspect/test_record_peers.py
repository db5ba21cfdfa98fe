"""ViTs of timm and torchvision recorded with the module unchanged: the weights are those computed by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from vitxplain.inspect import record

pytestmark = pytest.mark.peers

SIZE, PATCH, DEPTH, WIDTH, HEADS = 32, 8, 2, 32, 2
TOKENS = 1 + (SIZE // PATCH) ** 2


def sharp(module: nn.Module) -> nn.Module:
    """Queries and keys made larger, so that attention is uneven."""
    with torch.no_grad():
        for name, weight in module.named_parameters():
            if name.endswith(("qkv.weight", "in_proj_weight")):
                weight.normal_(std=0.5)
    return module.eval()


def inputs_of(module: nn.Module, parts: list[nn.Module], batch: torch.Tensor) -> list[torch.Tensor]:
    """What reaches each part, seen by hooks that the recording knows nothing of."""
    seen: list[torch.Tensor] = []
    hooks = [part.register_forward_pre_hook(lambda _, values: seen.append(values[0])) for part in parts]
    with torch.no_grad():
        module(batch)
    for hook in hooks:
        hook.remove()
    return seen


def by_hand(weight: torch.Tensor, bias: torch.Tensor, tokens: torch.Tensor) -> np.ndarray:
    """softmax(q k / sqrt(d)) from the one matrix that holds queries, keys and values, in float64."""
    joint = tokens.double() @ weight.double().T + bias.double()
    query, key, _ = joint.reshape(*tokens.shape[:2], 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
    return (query @ key.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5).softmax(-1).detach().numpy()


def assert_recorded(folder: Path, module: nn.Module, batch: torch.Tensor, expected: list[np.ndarray]) -> None:
    state = {name: value.clone() for name, value in module.state_dict().items()}
    with record(module, folder) as recording:
        module(batch)
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    for place, row in enumerate(recording.read()):
        assert len(row.layers) == DEPTH
        for number, weights in enumerate(expected):
            assert row.attention(number).shape == (HEADS, TOKENS, TOKENS)
            assert np.abs(row.attention(number) - weights[place]).max() < weights.max() / 255
            assert row.layers[number]["keys"]["prefix"] == ["class"]


@pytest.fixture
def batch() -> torch.Tensor:
    return torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def test_timm(tmp_path: Path, batch: torch.Tensor):
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    module = sharp(VisionTransformer(SIZE, PATCH, depth=DEPTH, embed_dim=WIDTH, num_heads=HEADS, num_classes=5))
    parts = [block.attn for block in module.blocks]
    tokens = inputs_of(module, parts, batch)
    expected = [by_hand(part.qkv.weight, part.qkv.bias, seen) for part, seen in zip(parts, tokens, strict=True)]
    assert_recorded(tmp_path, module, batch, expected)


def test_torchvision(tmp_path: Path, batch: torch.Tensor):
    from torchvision.models import VisionTransformer

    torch.manual_seed(0)
    module = sharp(VisionTransformer(SIZE, PATCH, DEPTH, HEADS, WIDTH, 2 * WIDTH, num_classes=5))
    parts = [block.self_attention for block in module.encoder.layers]
    tokens = inputs_of(module, parts, batch)
    expected = [by_hand(part.in_proj_weight, part.in_proj_bias, seen) for part, seen in zip(parts, tokens, strict=True)]
    assert_recorded(tmp_path, module, batch, expected)
