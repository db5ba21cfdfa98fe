"""Models without a classifier: attention is shown, methods about a class say why they do not fit."""

from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch import nn

from tests.models.tiny_vit import tiny_vit
from vitxplain import explain, fitting, load_model
from vitxplain.errors import ModelLoadError, TargetError, UnsupportedModelError
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.models.views.view import lying
from vitxplain.tasks.features import Features, NoTarget, gives_tokens

STATED = {"mean": 0.5, "std": 0.5, "size": 32}
TINY = {
    "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
    "patch_size": 8,
}  # fmt: skip
PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)


def class_token_attention(module: nn.Module, first: int = 1) -> torch.Tensor:
    module.set_attn_implementation("eager")
    attentions = module(PIXELS, output_attentions=True).attentions
    module.set_attn_implementation("sdpa")
    return torch.stack([one[0, :, 0, first:] for one in attentions]).detach().reshape(2, 2, 4, 4)


@pytest.mark.parametrize(
    "build",
    [
        lambda: transformers.ViTModel(transformers.ViTConfig(**TINY)),
        lambda: transformers.ViTModel(transformers.ViTConfig(**TINY), add_pooling_layer=False),
        lambda: transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**TINY)),
    ],
    ids=["pooled", "tokens", "another class"],
)
def test_the_class_token_asks(build: object) -> None:
    module = build().eval()
    model = load_model(module, **STATED)
    assert (model.task, model.labels) == (Features(), {})
    found = explain(model, PIXELS, "raw-attention")[0]
    torch.testing.assert_close(torch.from_numpy(found.values), class_token_attention(module), atol=1e-5, rtol=1e-4)
    assert found.prediction.names == ()


def test_methods_about_a_class_say_why_they_do_not_fit() -> None:
    model = load_model(transformers.ViTModel(transformers.ViTConfig(**TINY)).eval(), **STATED)
    report = fitting(model)
    fit = {name for name, why in report.items() if why is None}
    assert fit == {
        "attention-rollout",
        "head-distance",
        "patch-pca",
        "patch-similarity",
        "position-similarity",
        "raw-attention",
    }
    with pytest.raises(UnsupportedModelError, match="it gives features and has no classifier"):
        explain(model, PIXELS, "grad-cam")
    with pytest.raises(TargetError, match="the model gives features and predicts none"):
        explain(model, PIXELS, "rollout", target=3)
    assert explain(model, PIXELS)[0].method == "attention-rollout"


def test_a_network_of_ones_own_is_told_by_name_where_features_look_like_logits() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert load_model(module, **STATED).labels
    assert load_model(module, **STATED, task="image-feature-extraction").task == Features()


def test_tokens_are_targets() -> None:
    model = load_model(transformers.ViTModel(transformers.ViTConfig(**TINY)).eval(), **STATED)
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8))
    first, second, third = explain(model, image, "raw-attention", target=["cls", "patch@95,0", "patch@30,40"])
    for made, query in ((first, "class"), (second, "0,3"), (third, "2,1")):
        assert made.options["query"] == query
        np.testing.assert_array_equal(made.values, explain(model, image, "raw-attention", query=query).values)
    assert [made.label for made in (first, second, third)] == ["cls", "patch@95,0", "patch@30,40"]
    assert explain(model, image, "raw-attention").label == ""
    rolled = explain(model, [image, image.resize((32, 64))], "rollout", target="patch@30,40")
    assert [made.options["query"] for made in rolled] == ["2,1", "2,3"]
    each = explain(model, [image, image], "rollout", target=["cls", "patch@0,0"])
    assert [made.options["query"] for made in each] == ["class", "0,0"]


def test_each_token_is_timed_by_its_own_pass() -> None:
    model = load_model(transformers.ViTModel(transformers.ViTConfig(**TINY)).eval(), **STATED)
    explain(model, PIXELS, "raw-attention")  # the probe is no part of it
    started = perf_counter()
    made = explain(model, PIXELS[0], "raw-attention", target=["cls", *(f"patch@{x},0" for x in range(0, 32, 4))])
    assert sum(one.provenance["seconds"] for one in made) < 2 * (perf_counter() - started)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("patch@96,0", "'patch@96,0' lies outside the image of 96 x 64 px"),
        ("patch@0,-1", "'patch@0,-1' lies outside the image"),
        ("patch@1", "Its tokens are targets: cls, patch@x,y"),
        ("register:0", "'register:0' is no token here: the model has no registers"),
        ("dog", "'dog' is no class: the model gives features"),
        (3, "'3' is no class"),
    ],
)
def test_tokens_that_are_not_there(target: object, message: str) -> None:
    model = load_model(transformers.ViTModel(transformers.ViTConfig(**TINY)).eval(), **STATED)
    with pytest.raises(TargetError, match=message):
        explain(model, Image.new("RGB", (96, 64)), "raw-attention", target=target)


def test_a_point_is_found_where_the_network_mirrors_the_image_or_leaves_a_rest() -> None:
    grid, target = TokenGrid(2, 3, patch_size=(8.0, 8.0)), NoTarget("patch@1,15", (1.0, 15.0))
    assert target.query(grid, Geometry.identity((16, 24))) == "1,0"
    assert target.query(grid, Geometry.identity((16, 24)), lying((16, 24), right=-1)) == "1,2"
    assert target.query(grid, Geometry.identity((20, 24))) == "1,0"  # its last four rows are no patch
    with pytest.raises(TargetError, match="lies where the model does not look"):
        NoTarget("patch@1,17", (1.0, 17.0)).query(grid, Geometry.identity((20, 24)))


def test_a_method_that_asks_no_token_says_so() -> None:
    model = load_model(transformers.ViTModel(transformers.ViTConfig(**TINY)).eval(), **STATED)
    with pytest.raises(
        TargetError, match="with head-distance none does; take raw-attention, attention-rollout or patch-similarity"
    ):
        explain(model, Image.new("RGB", (32, 32)), "head-distance", target="cls")


def test_without_pooling_features_are_the_mean_of_tokens_or_places() -> None:
    tokens = torch.randn(2, 5, 4)
    assert torch.equal(Features().outputs({"last_hidden_state": tokens})["logits"], tokens.mean(1))
    places = torch.randn(2, 4, 3, 3)
    torch.testing.assert_close(Features().outputs(places)["logits"], places.mean((2, 3)))
    assert gives_tokens(tokens)
    assert not gives_tokens({"logits": torch.zeros(1, 3), "last_hidden_state": tokens})


def without_head(module: nn.Module, name: str) -> nn.Module:
    module.set_submodule(name, nn.Identity())
    return module.eval()


@pytest.mark.parametrize(
    "build",
    [
        lambda: without_head(tiny_vit(), "classifier"),
        lambda: tiny_vit(id2label={}, label2id={}),  # num_labels=0
        lambda: transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(projection_dim=8, **TINY)),
    ],
    ids=["taken out", "no classes", "projection"],
)
def test_a_classifier_without_its_head_gives_features(build: object) -> None:
    model = load_model(build().eval(), **STATED)
    assert (model.task, model.labels) == (Features(), {})
    assert explain(model, PIXELS, "attention-rollout")[0].prediction.names == ()


def test_the_user_may_call_the_features_of_a_classifier_classes() -> None:
    module = without_head(tiny_vit(), "classifier")
    assert len(load_model(module, **STATED, task="image-classification").labels) == 16
    assert load_model(module, **STATED, labels=[f"unit {index}" for index in range(16)]).labels[3] == "unit 3"
    assert load_model(tiny_vit(), **STATED).labels[0] == "cat"


def masked_autoencoder(kind: str, mask_ratio: float) -> Any:
    decoder = {f"decoder_{name}": value for name, value in TINY.items() if name not in ("image_size", "patch_size")}
    torch.manual_seed(0)
    config = transformers.ViTMAEConfig(**TINY, **decoder, mask_ratio=mask_ratio)
    return getattr(transformers, kind)(config).eval()


def test_an_encoder_that_hides_patches_is_refused() -> None:
    with pytest.raises(ModelLoadError, match=r"other features of the same image each time.*mask_ratio = 0"):
        explain(masked_autoencoder("ViTMAEModel", 0.75), PIXELS, "rollout")


def test_a_masked_autoencoder_that_hides_none_is_the_vit_of_its_weights() -> None:
    module = masked_autoencoder("ViTMAEModel", 0.0)
    plain = transformers.ViTModel(transformers.ViTConfig(**TINY), add_pooling_layer=False).eval()
    plain.load_state_dict(module.state_dict())
    for method in ("rollout", "raw-attention", "patch-similarity"):
        ours, theirs = (explain(encoder, PIXELS[0], method).values for encoder in (module, plain))
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("kind", ["ViTMAEModel", "ViTMAEForPreTraining"])
def test_a_checkpoint_of_a_masked_autoencoder_opens_as_its_encoder(kind: str, tmp_path: Path) -> None:
    module = masked_autoencoder(kind, 0.75)
    module.save_pretrained(tmp_path)
    size = {"height": PIXELS.shape[-2], "width": PIXELS.shape[-1]}
    transformers.ViTImageProcessorPil(size=size).save_pretrained(tmp_path)
    model = load_model(tmp_path)
    encoder = masked_autoencoder("ViTMAEModel", 0.0)
    encoder.load_state_dict((module.vit if kind == "ViTMAEForPreTraining" else module).state_dict())
    np.testing.assert_allclose(
        explain(model, PIXELS[0], "rollout").values, explain(encoder, PIXELS[0], "rollout").values, atol=1e-6
    )
    assert model.module.config.mask_ratio == 0


def test_without_attention_the_features_of_a_place_are_what_is_shown() -> None:
    config = transformers.ResNetConfig(hidden_sizes=[8, 16], depths=[1, 1], embedding_size=8)
    model = load_model(transformers.ResNetModel(config).eval(), **STATED)
    assert explain(model, PIXELS)[0].method == "patch-similarity"
    width = PIXELS.shape[-1]
    assert explain(model, PIXELS[0], target=f"patch@{width - 1},0").values[0, -1] == pytest.approx(1, abs=1e-5)
    with pytest.raises(TargetError, match="with head-distance none does; take patch-similarity"):
        explain(model, PIXELS[0], "head-distance", target="cls")
