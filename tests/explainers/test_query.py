"""Which token asks: a patch, or the class token beside whatever the logits are read from."""

import pytest
import torch
import transformers

from tests.explainers.records import random_attention, run
from tests.models.tiny_vit import tiny_vit
from vitxplain import explain, load_model
from vitxplain.errors import OptionError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.grid import TokenGrid

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
