"""Which methods fit which model, and the words for those that do not."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vitxplain import fitting
from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.passes.fit import auto_method, reason, require
from vitxplain.testing import tiny_cnn, tiny_vit


def test_report_of_a_vision_transformer():
    report = fitting(tiny_vit())
    assert {name for name, why in report.items() if why is None} >= {
        "affinity-attention",
        "attention-rollout",
        "grad-cam",
        "gradient-attention",
        "gradient-rollout",
        "head-distance",
        "position-similarity",
        "raw-attention",
    }
    assert "global average pooling" in report["cam"]


def test_report_of_a_convolutional_network():
    report = fitting(tiny_cnn())
    assert report["cam"] is None
    assert report["grad-cam"] is None
    for name in ("affinity-attention", "attention-rollout", "raw-attention", "head-distance", "gradient-rollout"):
        assert report[name] == "it has no attention"
    assert report["position-similarity"]


def test_broken_plugin_is_a_reason_and_breaks_nothing(plugins: Path):
    report = fitting(tiny_cnn())
    assert report["brightness"] is None
    assert "raising-plugin 1.0 cannot be loaded" in report["raising"]
    assert report["cam"] is None


def test_auto():
    assert auto_method(tiny_vit()) == "affinity-attention"
    assert auto_method(tiny_cnn()) == "grad-cam"


def test_error_says_what_is_lacking_and_what_fits():
    model = replace(tiny_cnn(), source="microsoft/resnet-50")
    with pytest.raises(UnsupportedModelError) as caught:
        require(model, [AttentionRollout()])
    first, why, methods = str(caught.value).splitlines()
    assert first == "attention-rollout needs attentions, which microsoft/resnet-50 does not have."
    assert why == "  Why: it has no attention."
    assert methods.startswith("  Methods for this model: cam, grad-cam")
    assert methods.endswith("   (vitx methods --model microsoft/resnet-50)")


def test_a_module_in_memory_is_nothing_that_a_command_opens():
    model = tiny_cnn()
    with pytest.raises(UnsupportedModelError) as caught:
        AttentionRollout().explain(model, torch.zeros(1, 3, *model.processor.input_size))
    first, _, methods = str(caught.value).splitlines()
    assert first == "attention-rollout needs attentions, which Sequential does not have."
    assert methods.endswith("   (vitxplain.fitting(model) says why)")


def test_one_lacking_thing_has_its_article():
    with pytest.raises(
        UnsupportedModelError, match=r"^cam needs a linear head, which ViTForImageClassification does not"
    ):
        require(tiny_vit(), [CAM()])


def test_reason_is_none_for_what_fits():
    probe = tiny_cnn().probe()
    assert reason(CAM, probe) is None
    assert reason(CAM(), probe) is None
    require(tiny_cnn(), [CAM()])
