"""Options of models from scratch: read from text, refused where they cannot be."""

import re
from pathlib import Path
from typing import Any

import pytest

from vitxplain.errors import OptionError
from vitxplain.models.scratch.cnn_config import ScratchCNNConfig
from vitxplain.models.scratch.kinds import OPTIONS, check_kind, usual_kind
from vitxplain.models.scratch.options import option_hints
from vitxplain.models.scratch.scratch import scratch
from vitxplain.models.scratch.unet_config import ScratchUNetConfig
from vitxplain.models.scratch.vit_config import ScratchViTConfig

ROOT = Path(__file__).resolve().parents[3]
LABELS = ("a", "b", "c")


def test_texts_are_read_by_type() -> None:
    texts = {"image_size": "56x40", "patch_size": "8", "head_size": "none", "mlp_ratio": "2", "qkv_bias": "no"}
    config = scratch("vit", LABELS, texts | {"hidden_size": "16", "pooling": "mean"}).config
    assert (config.image_size, config.patch_size, config.head_size) == ((56, 40), 8, None)
    assert (config.mlp_ratio, config.qkv_bias, config.pooling) == (2.0, False, "mean")
    config = scratch("cnn", LABELS, {"widths": "8,16", "blocks": "1,1", "strides": "2,1", "norm": "group"}).config
    assert (config.widths, config.norm, config.map_size) == ((8, 16), "group", (32, 32))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("vit", {"hiden_size": 16}, "no option 'hiden_size'; did you mean hidden_size"),
        ("vit", {"zzz": 1}, "no option 'zzz'; it has image_size, patch_size"),
        ("cnn", {"patch_size": 8}, "no option 'patch_size'"),
        ("vit", {"image_size": 60}, "image_size 60x60 is no multiple of patch_size 8x8"),
        ("vit", {"image_size": "big"}, "image_size is 'big'; it takes a whole number or values separated by commas"),
        ("vit", {"image_size": (8, 8, 8)}, r"image_size is \(8, 8, 8\)"),
        ("vit", {"hidden_size": 30}, "hidden_size 30 cannot be shared among 4 heads"),
        ("vit", {"hidden_size": 0}, "hidden_size is 0; it takes numbers above 0"),
        ("vit", {"hidden_size": 16.0}, "hidden_size is 16.0; it takes a whole number"),
        ("vit", {"num_hidden_layers": True}, "num_hidden_layers is True"),
        ("vit", {"hidden_dropout": 1.0}, "hidden_dropout is 1.0; it takes a number from 0 to 1"),
        ("vit", {"drop_path": "-1"}, "drop_path is -1.0"),
        ("vit", {"hidden_act": "gulu"}, "hidden_act is 'gulu'; it takes one of"),
        ("vit", {"pooling": "max"}, "pooling is 'max'; it takes cls or mean"),
        ("cnn", {"widths": (8, 16)}, "do not have one number for each stage"),
        ("cnn", {"kernel_size": 4}, "kernel_size is 4; it takes an odd number"),
        ("cnn", {"norm": "group", "widths": (8, 12, 16)}, "no multiples of groups 8"),
        ("unet", {"strides": (2, 2)}, "no option 'strides'"),
        ("unet", {"blocks": (1, 1)}, "do not have one number for each stage"),
        ("unet", {"kernel_size": 2}, "kernel_size is 2; it takes an odd number"),
        ("unet", {"norm": "group", "widths": (8, 12, 16, 16)}, "no multiples of groups 8"),
        (
            "rt-detr",
            {"image_size": "96x100"},
            r"image_size \(96, 100\) is no multiple of 16, the stride of the last of 3",
        ),
        ("rt-detr", {"levels": 4}, "levels is 4, and there are 3 stages"),
        ("rt-detr", {"hidden_size": 24}, r"hidden_size 24 is no multiple of 4 times num_attention_heads \(4\)"),
        ("rt-detr", {"widths": "8,16"}, "do not have one number for each stage"),
        ("rt-detr", {"num_queries": 0}, "num_queries is 0; it takes numbers above 0"),
        ("rnn", {}, "kind is 'rnn'; a model from scratch is vit, cnn, rt-detr or unet"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        scratch(kind, LABELS, options)


@pytest.mark.parametrize("config", [ScratchViTConfig, ScratchCNNConfig, ScratchUNetConfig])
def test_configs_refuse_unknown_names_too(config: type) -> None:
    with pytest.raises(OptionError, match="no option 'colour'"):
        config(colour=3)


@pytest.mark.parametrize("config", [ScratchViTConfig, ScratchCNNConfig, ScratchUNetConfig])
def test_a_config_survives_json(config: Any) -> None:
    first = config(image_size=(56, 40), id2label={0: "a", 1: "b"})
    assert config.from_dict(first.to_dict()).to_dict() == first.to_dict()


def test_a_kind_is_for_one_task() -> None:
    assert [usual_kind(task) for task in ("image-classification", "object-detection", "image-segmentation")] == [
        "vit",
        "rt-detr",
        "unet",
    ]
    check_kind("cnn", "image-classification")
    with pytest.raises(OptionError, match="kind=vit is a model for image-classification; for object-detection there"):
        check_kind("vit", "object-detection")
    with pytest.raises(OptionError, match="no model from scratch is for image-features; there are some for image-cl"):
        usual_kind("image-features")


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_page_lists_every_option_with_its_default(kind: str) -> None:
    page = (ROOT / "docs" / "reference" / "scratch-models.md").read_text("utf-8")
    table = page.split(f"## kind={kind}\n")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", table, re.MULTILINE))
    config = OPTIONS[kind]
    assert listed == {name: as_typed(getattr(config(), name)) for name in option_hints(config)}


def as_typed(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
