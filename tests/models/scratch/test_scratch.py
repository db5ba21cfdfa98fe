"""What both models from scratch promise: sizes, saving, opening by load_model, methods."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.models.scratch_models import LABELS, pixels, saved, tiny
from vitxplain.api import explain, fitting
from vitxplain.models.known_models import OWN_TYPES
from vitxplain.models.loading.load import load_model
from vitxplain.models.scratch.scratch import OWN, scratch

ATTENTION = {
    "attention-rollout",
    "gradient-attention",
    "gradient-rollout",
    "grad-cam",
    "head-distance",
    "position-similarity",
    "raw-attention",
}


@pytest.mark.parametrize(
    ("kind", "options", "count"),
    [
        # 12 layers: 12 d^2 + 13 d each; patches 3 * 16^2 d + d; class token; 197 places; last norm; head
        (
            "vit",
            {
                "image_size": 224,
                "patch_size": 16,
                "hidden_size": 192,
                "num_hidden_layers": 12,
                "num_attention_heads": 3,
            },
            5_717_416,
        ),  # DeiT-Tiny as published
        (
            "vit",
            {
                "image_size": 224,
                "patch_size": 16,
                "hidden_size": 768,
                "num_hidden_layers": 12,
                "num_attention_heads": 12,
            },
            86_567_656,
        ),  # ViT-B/16 as published
        ("vit", {}, None),
        ("cnn", {}, None),
    ],
)
def test_parameter_counts(kind: str, options: dict[str, Any], count: int | None) -> None:
    with torch.device("meta"):
        model = scratch(kind, [str(one) for one in range(1000 if options else 10)], options)
    found = sum(parameter.numel() for parameter in model.parameters())
    assert found == count if count else found < 1_000_000


@pytest.mark.parametrize("kind", ["vit", "cnn"])
def test_a_saved_model_is_the_same(kind: str, tmp_path: Path) -> None:
    model = tiny(kind)
    opened = load_model(saved(model, tmp_path))
    torch.testing.assert_close(opened.logits(pixels(model)), model(pixels(model)).logits, rtol=0, atol=0)
    assert type(opened.module) is type(model)
    assert opened.labels == dict(enumerate(LABELS))
    assert opened.module.config.image_size == (24, 40)
    assert opened.processor.input_size == (24, 40)


@pytest.mark.parametrize("kind", ["vit", "cnn"])
def test_pixels_of_the_right_size_are_not_resampled(kind: str, tmp_path: Path) -> None:
    opened = load_model(saved(tiny(kind), tmp_path))
    image = Image.effect_noise((40, 24), 80).convert("RGB")
    found = (opened.processor([image])[0] * 0.5 + 0.5) * 255
    expected = torch.tensor(list(image.tobytes())).view(24, 40, 3).permute(2, 0, 1).float()
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("kind", "options", "methods"),
    [
        ("vit", {}, ATTENTION),
        ("vit", {"patch_size": (8, 4), "head_size": 12}, ATTENTION),
        ("vit", {"patch_size": (6, 8), "pooling": "mean"}, ATTENTION | {"cam"}),
        ("cnn", {}, {"cam", "grad-cam"}),
        ("cnn", {"norm": "group", "strides": (1, 2)}, {"cam", "grad-cam"}),
    ],
)
def test_every_fitting_method_explains_it(
    kind: str, options: dict[str, Any], methods: set[str], tmp_path: Path
) -> None:
    model = load_model(saved(tiny(kind, **options), tmp_path))
    fits = {name for name, reason in fitting(model).items() if reason is None}
    assert methods <= fits
    image = Image.effect_noise((80, 48), 80).convert("RGB")
    for method in methods:
        explanation = explain(model, image, method)
        assert explanation.values.shape[-2:] != ()
        assert abs(explanation.values).max() > 0, method


def test_cam_is_exact(tmp_path: Path) -> None:
    model = load_model(saved(tiny("cnn"), tmp_path))
    found = explain(model, pixels(model.module, 1)[0], "cam", target=2)
    bias = model.module.classifier.bias[2].item()
    assert found.values.mean() + bias == pytest.approx(model.logits(pixels(model.module, 1))[0, 2].item(), abs=1e-5)
    assert found.values.shape == model.module.config.map_size


@pytest.mark.parametrize("kind", ["vit", "cnn"])
def test_the_loss_is_that_of_the_labels(kind: str) -> None:
    model = tiny(kind)
    out = model(pixels(model), labels=torch.tensor([0, 2]))
    chosen = out.logits.log_softmax(-1)[[0, 1], [0, 2]]
    torch.testing.assert_close(out.loss, -chosen.mean())
    assert model(pixels(model)).loss is None


@pytest.mark.parametrize("kind", ["vit", "cnn"])
def test_a_seed_decides_the_weights(kind: str) -> None:
    first, second = tiny(kind), tiny(kind)
    for (name, one), other in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(one, other), name
    assert not first.classifier.bias.any()


def test_our_own_types_are_known_by_their_name():
    """A folder of another type opens without the models from scratch."""
    assert all(model.config_class.model_type.startswith(OWN_TYPES) for model in OWN.values())
