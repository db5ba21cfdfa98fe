"""Cosines of patch features, of whichever token asks, on a grid that is not square."""

import pytest
import torch
import transformers
from torch import nn

from tests.explainers import tiny
from tests.oracles.features import patch_similarity
from vitxplain import explain, fitting, load_model
from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.errors import OptionError, TargetError
from vitxplain.explainers.patch_similarity import PatchSimilarity

IMAGE = tiny.images(1)


def last_tokens(module: nn.Module) -> torch.Tensor:
    """Behind the last norm, (token, channel)."""
    with torch.no_grad():
        return module.vit(IMAGE).last_hidden_state[0].double()


@pytest.mark.parametrize(("query", "token"), [("class", 0), (None, 0), ("1,2", 8), (14, 15)])
def test_equals_the_loops_on_what_the_model_returns(query: str | int | None, token: int) -> None:
    model = tiny.load(tiny.vit_module)
    tokens = last_tokens(model.module)
    expected = patch_similarity(tokens[1:].view(3, 5, -1).numpy(), tokens[token].numpy())
    result = PatchSimilarity(query=query).explain(model, IMAGE)[0]
    torch.testing.assert_close(result.double(), torch.from_numpy(expected), atol=1e-5, rtol=0)
    if token:
        assert result.flatten()[token - 1].item() == pytest.approx(1, abs=1e-5)


def test_without_a_class_token_the_mean_of_the_patches_asks() -> None:
    module = tiny.resnet_module()
    with torch.no_grad():
        features = module.resnet(IMAGE).last_hidden_state[0].permute(1, 2, 0).double()
    expected = patch_similarity(features.numpy(), features.mean((0, 1)).numpy())
    result = PatchSimilarity().explain(tiny.as_model(module), IMAGE)[0]
    torch.testing.assert_close(result.double(), torch.from_numpy(expected), atol=1e-5, rtol=0)
    with pytest.raises(OptionError, match="asks the class token, and this model has none"):
        PatchSimilarity(query="class").explain(tiny.as_model(module), IMAGE)


def test_a_patch_of_the_last_map_is_a_target_where_attention_has_another_grid() -> None:
    config = transformers.SwinConfig(
        image_size=64, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=4
    )
    model = load_model(transformers.SwinModel(config).eval(), mean=0.5, std=0.5, size=64)
    pixels = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0))
    made = explain(model, pixels, "patch-similarity", target="patch@63,8")
    rows, columns = made.values.shape
    assert made.options["query"] == f"1,{columns - 1}"
    assert made.provenance["asking"] == (64 - 64 / columns, 64 / rows, 64, 128 / rows)
    assert made.values[1, -1] == pytest.approx(1, abs=1e-5)
    with pytest.raises(TargetError, match="patch-similarity was given layer=.*; with layer say query=ROW,COLUMN"):
        explain(model, pixels, "patch-similarity", target="patch@1,1", layer="encoder.layers.0.blocks.0")


def test_a_norm_that_runs_again_on_the_pooled_token_is_not_taken() -> None:
    config = transformers.BlipVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8
    )
    model = load_model(transformers.BlipVisionModel(config).eval(), mean=0.5, std=0.5, size=32)
    assert model.probe((32, 32)).feature_layer == "encoder.layers.1"
    assert explain(model, torch.randn(3, 32, 32), "patch-similarity").values.shape == (4, 4)


def test_layers_are_compared_one_at_a_time_and_networks_are_not_added_up() -> None:
    values = torch.zeros(1, 4, 2, 2)
    with pytest.raises(OptionError, match="patch-similarity compares within one"):
        PatchSimilarity().attribute(LayerActivation("a + b", values))

    class Mirrored(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tiny.vit_module()

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.inner(pixels).logits + self.inner(pixels.flip(-1)).logits

    report = fitting(tiny.as_model(Mirrored()))
    assert "features do not add up" in (report["patch-similarity"] or "")
    assert "features do not add up" in (report["patch-pca"] or "")
