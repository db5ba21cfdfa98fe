"""Which token asks: a patch, or the class token beside whatever the logits are read from."""

import pytest
import torch
import transformers

from tests.explainers.records import random_attention, run
from tests.models.tiny_vit import tiny_vit
from vitxplain import explain, load_model
from vitxplain.capture.layout import AttentionLayout
from vitxplain.errors import OptionError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.grid import TokenGrid
from vitxplain.models.probing.token_grids import with_registers

STATED = {"mean": 0.5, "std": 0.5, "size": 56}


def dinov2() -> torch.nn.Module:
    """Its head reads the class token and the mean of the patches; registers lie between."""
    config = transformers.Dinov2WithRegistersConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14, num_labels=3
    )
    module = transformers.Dinov2WithRegistersForImageClassification(config).eval()
    for name, parameter in module.named_parameters():
        if any(word in name for word in ("query", "key", "q_proj", "k_proj")):
            parameter.data *= 100
    return module


def test_the_class_token_asks_where_patches_are_read_too() -> None:
    module, pixels = dinov2(), torch.randn(1, 3, 56, 56)
    model = load_model(module, **STATED)
    found = explain(model, pixels, "raw-attention", query="class")[0].values
    module.set_attn_implementation("eager")
    attentions = module(pixels, output_attentions=True).attentions
    expected = torch.stack([one[0, :, 0, 5:] for one in attentions]).detach().reshape(2, 2, 4, 4)
    torch.testing.assert_close(torch.from_numpy(found), expected, atol=1e-5, rtol=1e-4)
    mean = explain(model, pixels, "raw-attention")[0].values
    assert abs(mean - found).max() > 1e-3


def test_registers_are_known_by_their_parameter_and_ask() -> None:
    module, pixels = dinov2(), torch.randn(1, 3, 56, 56)
    model = load_model(module, **STATED)
    assert model.grid is not None
    assert (model.grid.class_token, model.grid.registers) == (0, (1, 2, 3, 4))
    shown = explain(model, pixels, "raw-attention", query="register:2")[0].values
    rolled = explain(model, pixels, "rollout", query="register:2")[0].values
    similar = explain(model, pixels, "patch-similarity", query="register:2")[0].values
    module.set_attn_implementation("eager")
    result = module(pixels, output_attentions=True, output_hidden_states=True)
    expected = torch.stack([one[0, :, 3, 5:] for one in result.attentions]).detach().reshape(2, 2, 4, 4)
    torch.testing.assert_close(torch.from_numpy(shown), expected, atol=1e-5, rtol=1e-4)
    row = torch.eye(21)[3]
    for attention in reversed(result.attentions):
        row = 0.5 * row + 0.5 * row @ attention[0].mean(0)
    torch.testing.assert_close(torch.from_numpy(rolled), row[5:].detach().view(4, 4), atol=1e-5, rtol=1e-4)
    tokens = module.dinov2_with_registers.layernorm(result.hidden_states[-1])[0].detach()
    cosines = torch.nn.functional.cosine_similarity(tokens[5:], tokens[3], dim=-1).view(4, 4)
    torch.testing.assert_close(torch.from_numpy(similar), cosines, atol=1e-5, rtol=1e-4)
    with pytest.raises(OptionError, match="this model has 4, register:0 to register:3"):
        explain(model, pixels, "raw-attention", query="register:4")


def test_tokens_beside_the_patches_that_are_no_registers_are_not_called_so() -> None:
    grid = TokenGrid(2, 3, 3, class_token=0)
    layout = AttentionLayout("", "token", "batch head query key", (1, 1, 9, 9), 1, grid=grid)
    module = torch.nn.Module()
    module.register_tokens = torch.nn.Parameter(torch.zeros(1, 1, 8))  # one register, and a token for distillation
    (undecided,) = with_registers([layout], module)
    assert undecided.grid is not None
    assert undecided.grid.registers == ()
    module.register_tokens = torch.nn.Parameter(torch.zeros(1, 2, 8))
    (known,) = with_registers([layout], module)
    assert known.grid is not None
    assert known.grid.registers == (1, 2)


def test_a_class_token_that_nothing_is_read_from_is_known_by_name() -> None:
    config = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8
    )
    module = transformers.CLIPForImageClassification(
        transformers.CLIPConfig(vision_config=config.to_dict(), num_labels=3)
    )
    model = load_model(module.eval(), **STATED | {"size": 32})
    grid = model.grid
    assert grid is not None
    assert 0 not in grid.readout
    assert grid.class_token == 0


def test_without_a_class_token_it_says_so() -> None:
    config = transformers.SwinConfig(
        image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4
    )
    model = load_model(transformers.SwinForImageClassification(config).eval(), **STATED | {"size": 32})
    with pytest.raises(OptionError, match="asks the class token, and this model has none"):
        explain(model, torch.zeros(3, 32, 32), "raw-attention", query="class")


def test_rollout_follows_one_token() -> None:
    grid = TokenGrid(2, 3, 1, readout=tuple(range(7)), class_token=0)
    layers = [random_attention(2, 3, 7, 7, seed=seed) for seed in range(3)]
    alone = run(AttentionRollout(), layers, TokenGrid(2, 3, 1))
    torch.testing.assert_close(run(AttentionRollout(query="class"), layers, grid), alone)
    patch = run(AttentionRollout(), layers, TokenGrid(2, 3, 1, readout=(6,)))
    torch.testing.assert_close(run(AttentionRollout(query="1,2"), layers, grid), patch)
    with pytest.raises(OptionError, match="row,column from 0,0 to 1,2"):
        run(AttentionRollout(query=6), layers, grid)
    with pytest.raises(OptionError, match="only 1 others"):
        run(AttentionRollout(query="class"), layers, TokenGrid(2, 3, 1))


def test_where_the_class_token_alone_is_read_it_is_the_default() -> None:
    model, pixels = load_model(tiny_vit(), **STATED | {"size": 32}), torch.randn(3, 32, 32)
    for method in (RawAttention, AttentionRollout):
        assert (explain(model, pixels, method()).values == explain(model, pixels, method(query="class")).values).all()


def test_a_query_that_is_not_given_is_no_part_of_what_earlier_versions_wrote() -> None:
    assert "query" not in repr(AttentionRollout())
    asked = AttentionRollout(query="class")
    assert eval(repr(asked)) == asked
