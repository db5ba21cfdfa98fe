"""explanation.inspect(): the page of the model's attention with the very map of the explanation."""

import json
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.explainers.tiny import as_model
from tests.inspect.test_page import Scripts
from tests.models.tiny_vit import save_tiny_vit, tiny_vit
from vitxplain import explain
from vitxplain.errors import UsageError
from vitxplain.inspect.live.said import explanation_maps


def test_the_map_of_the_explanation_lies_over_its_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "viewer.js").write_text("export {};")
    monkeypatch.setattr("vitxplain.inspect.page.BUNDLE", tmp_path / "viewer.js")
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8))
    explanation = explain(str(save_tiny_vit(tmp_path / "model")), image, "grad-cam", target="newt")
    frame = explanation.inspect(height=300, widget=False)._repr_html_()
    scripts = Scripts(unescape(frame.partition('srcdoc="')[2].partition('" style')[0]))
    ((_, text),) = scripts.of("facts")
    facts = json.loads(text)
    assert [(one["method"], one["target"]) for one in facts["maps"]] == [("grad-cam", "newt")]
    assert facts["maps"][0]["grid"] == list(explanation.values.shape)
    assert len(facts["layers"]) == 2
    assert "sides" not in facts["maps"][0]


def test_a_contrast_names_both_classes_and_what_it_cannot_show(tmp_path: Path):
    model, image = as_model(tiny_vit(), (32, 32)), Image.new("RGB", (32, 32))
    contrast = explain(model, image, "gradient-attention", target="1~2")
    ((facts, _),) = explanation_maps([contrast], 1.0)
    own, other = (f"for {name}" for name in contrast.target.name.split(" ~ "))
    assert facts["sides"] == [other, own]
    assert f"nothing of what speaks {other}" in facts["note"]


def test_a_model_without_a_name_is_to_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "viewer.js").write_text("export {};")
    monkeypatch.setattr("vitxplain.inspect.page.BUNDLE", tmp_path / "viewer.js")
    model = as_model(tiny_vit(), (32, 32))
    explanation = explain(model, Image.new("RGB", (32, 32)), "rollout")
    with pytest.raises(UsageError, match=r"explanation.inspect\(model\)"):
        explanation.inspect()
    assert explanation.inspect(model, widget=False)._repr_html_().startswith("<iframe")
