"""Settings that would bring code or weights from elsewhere are refused; ordinary ones pass."""

import pytest
import transformers

from tests.bad_input.conftest import Variant, variant  # noqa: F401 - fixtures
from tests.cli.conftest import vit_folder  # noqa: F401 - fixtures
from vitxplain import load_model
from vitxplain.errors import ModelLoadError
from vitxplain.models.trust.settings import check_settings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"attn_implementation": "owner/kernel"}, "code from the Hub .attn_implementation is 'owner/kernel'"),
        ({"_attn_implementation": {"text_config": "owner/kernel:name"}}, "code from the Hub"),
        ({"backbone_config": {"attn_implementation": "owner/kernel"}}, "code from the Hub"),
        ({"model_type": "timm_wrapper", "architecture": "hf-hub:owner/name"}, "a model from elsewhere"),
        ({"model_type": "timm_wrapper", "architecture": "local-dir:/tmp/x"}, "a model from elsewhere"),
        ({"backbone": "owner/name", "use_timm_backbone": True}, "a model from elsewhere"),
        ({"model_args": {"checkpoint_path": "evil.pth"}}, "weights from elsewhere .model_args.checkpoint_path"),
        ({"parts": [{"backbone_kwargs": {"pretrained_cfg_overlay": {"file": "evil.bin"}}}]}, "weights from elsewhere"),
    ],
)
def test_settings_that_reach_out(settings: dict[str, object], words: str):
    with pytest.raises(ModelLoadError, match=words):
        check_settings("folder", settings)


def test_ordinary_settings_pass():
    check_settings("folder", {"attn_implementation": "sdpa", "id2label": {"0": "a/b: c"}, "architecture": "CNN/ViT"})
    check_settings("folder", {"model_type": "timm_wrapper", "architecture": "resnet18", "model_args": {"in_chans": 1}})
    for config in (transformers.ViTConfig(), transformers.SwinConfig(), transformers.ConvNextConfig()):
        check_settings("folder", config.to_dict())


def test_a_folder_is_checked_before_anything_is_built(variant: Variant):  # noqa: F811
    with pytest.raises(ModelLoadError, match=r"variant asks for code from the Hub"):
        load_model(variant(config={"attn_implementation": "owner/kernel"}))
