"""Our ViT and transformers': the same logits with the weights copied either way."""

import re
from typing import Any

import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification

from tests.models.scratch_models import LABELS, SMALL, pixels, tiny
from vitxplain.models.scratch.options import pair

NAMES = {  # ours -> transformers'
    "embeddings.patches": "vit.embeddings.patch_embeddings.projection",
    "embeddings.cls_token": "vit.embeddings.cls_token",
    "embeddings.position_embeddings": "vit.embeddings.position_embeddings",
    "attention.query": "attention.q_proj",
    "attention.key": "attention.k_proj",
    "attention.value": "attention.v_proj",
    "attention.projection": "attention.o_proj",
    "norm_before": "layernorm_before",
    "norm_after": "layernorm_after",
    "mlp.0": "mlp.fc1",
    "mlp.2": "mlp.fc2",
}
SHAPES: list[dict[str, Any]] = [
    {"image_size": 32, "patch_size": 8},
    {"image_size": (24, 40), "patch_size": 8},
    {"image_size": (24, 40), "patch_size": (6, 10)},
    {"image_size": 32, "patch_size": 16, "qkv_bias": False, "mlp_ratio": 3.0, "layer_norm_eps": 1e-12},
]


def theirs(options: dict[str, Any]) -> ViTForImageClassification:
    chosen = SMALL["vit"] | options
    torch.manual_seed(1)
    return ViTForImageClassification(
        ViTConfig(
            image_size=chosen["image_size"],
            patch_size=chosen["patch_size"],
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=int(16 * chosen.get("mlp_ratio", 4)),
            qkv_bias=chosen.get("qkv_bias", True),
            layer_norm_eps=chosen.get("layer_norm_eps", 1e-6),
            initializer_range=0.3,
            id2label=dict(enumerate(LABELS)),
        )
    ).eval()


def renamed(name: str) -> str:
    for ours, other in NAMES.items():
        name = re.sub(rf"(^|\.){re.escape(ours)}(?=\.|$)", rf"\1{other}", name)
    name = re.sub(r"^layers\.", "vit.layers.", name)
    return re.sub(r"^norm\.", "vit.layernorm.", name)


@pytest.mark.parametrize("options", SHAPES)
@pytest.mark.parametrize("ours_first", [True, False])
def test_logits_are_those_of_transformers(options: dict[str, Any], ours_first: bool) -> None:
    ours, other = tiny("vit", **options), theirs(options)
    names = {renamed(name): name for name in ours.state_dict()}
    if ours_first:
        other.load_state_dict({there: ours.state_dict()[here] for there, here in names.items()})
    else:
        ours.load_state_dict({here: other.state_dict()[there] for there, here in names.items()})
    expected = other(pixels(ours)).logits
    assert expected.std() > 0.1  # of different images: the comparison says something
    torch.testing.assert_close(ours(pixels(ours)).logits, expected, atol=1e-5, rtol=0)


def test_other_sizes_are_interpolated_as_transformers_does() -> None:
    options = {"image_size": 32, "patch_size": 8}
    ours, other = tiny("vit", **options), theirs(options)
    ours.load_state_dict({name: other.state_dict()[renamed(name)] for name in ours.state_dict()})
    bigger = torch.randn(2, 3, 48, 48)
    found = ours(bigger, interpolate_pos_encoding=True).logits
    torch.testing.assert_close(found, other(bigger, interpolate_pos_encoding=True).logits, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match=r"\(48, 48\), the model takes \(32, 32\)"):
        ours(bigger)


def test_other_sizes_need_not_be_square() -> None:
    model = tiny("vit")
    out = model(torch.randn(1, 3, 48, 24), interpolate_pos_encoding=True)
    assert out.logits.isfinite().all()


def test_stochastic_depth_keeps_the_mean() -> None:
    model = tiny("vit", drop_path=0.5).train()
    last = model.layers[-1]
    branch = torch.ones(4000, 1, 1)
    dropped = last._dropped(branch)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert dropped.mean().item() == pytest.approx(1, abs=0.1)
    assert model.layers[0].drop_path == 0  # the first layer always runs
    assert torch.equal(last.eval()._dropped(branch), branch)


@pytest.mark.parametrize("name", ["embedding_dropout", "attention_dropout", "hidden_dropout", "drop_path"])
def test_dropouts_act_in_training_only(name: str) -> None:
    model = tiny("vit", **{name: 0.5})
    image = pixels(model, 1).expand(16, -1, -1, -1)
    assert torch.equal(model(image).logits[0], model(image).logits[0])
    assert model.train()(image).logits.std(0).max() > 1e-3


def test_head_size_is_free() -> None:
    model = tiny("vit", head_size=12)
    assert model.layers[0].attention.query.weight.shape == (24, 16)
    assert model.layers[0].attention.projection.weight.shape == (16, 24)


@pytest.mark.parametrize(
    ("option", "weight"),
    [
        ("qkv_bias", "attention.query.bias"),
        ("projection_bias", "attention.projection.bias"),
        ("mlp_bias", "mlp.0.bias"),
    ],
)
def test_biases_can_be_left_out(option: str, weight: str) -> None:
    assert f"layers.0.{weight}" in tiny("vit").state_dict()
    assert f"layers.0.{weight}" not in tiny("vit", **{option: False}).state_dict()


def test_mean_pooling_has_no_class_token() -> None:
    model = tiny("vit", pooling="mean")
    assert model.embeddings.cls_token is None
    assert model.embeddings.position_embeddings.shape[1] == 15
    assert pair(model.config.image_size) == (24, 40)
