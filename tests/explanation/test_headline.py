"""The lines of text on a picture."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.explanations import explanation
from vitxplain.cli.explain.lines import lines
from vitxplain.explanation.target_words import name_and_score
from vitxplain.explanation.titles import detail, headline
from vitxplain.render.sheets.list_grid import target_caption
from vitxplain.tasks.base import ExplainedTarget, Prediction


def test_headline_tells_the_explained_class_from_the_predicted_one():
    assert headline(explanation()) == "tench · 75.0%"
    assert headline(explanation(target=None)) == "predicted: tench · 75.0%"
    assert (
        headline(explanation(target=ExplainedTarget(968, "cup", 0.125))) == "cup · 12.5%   (predicted: tench · 75.0%)"
    )
    assert headline(explanation(target=None, prediction=Prediction((), (), ()))) == "grad-cam"


def test_a_contrast_is_told_with_both_classes_wherever_words_are():
    other = ExplainedTarget(968, "cup", 0.125)
    contrast = ExplainedTarget(0, "tench, Tinca tinca ~ cup", 0.75, label="tench~cup", against=other)
    made, words = explanation(target=contrast), "tench 75.0% rather than cup 12.5%"
    assert headline(made) == words
    assert target_caption(made) == "tench 75.0% over cup 12.5%"
    assert f" for {words} → a.png" in str(lines("a.jpg", {made: [Path("a.png")]}, {}, with_target=True))
    assert f">{words}<" in made._repr_html_()
    values = replace(contrast, unit="value", against=replace(other, unit="value"))
    assert name_and_score(values) == "tench value 0.75 rather than cup value 0.125"


def test_a_caption_says_in_a_sentence_what_the_picture_is_of():
    facts = {"model": {"id": "facebook/deit"}, "input": "photos/fish.jpg"}
    made = explanation(options={"relu": True, "layer": None}, provenance=facts)
    assert made.caption() == "Grad-cam map of fish.jpg for tench (75.0%), model facebook/deit, relu=True."
    other = explanation(target=ExplainedTarget(968, "cup", 0.125), options={})
    assert other.caption() == "Grad-cam map of an image for cup (12.5%), predicted tench (75.0%), model some/model."
    heads = explanation(np.ones((2, 3, 4, 5), np.float32), "layer head row column", target=None, options={})
    assert (
        heads.caption() == "Grad-cam values of an image, predicted tench (75.0%), 2 layers × 3 heads, model some/model."
    )


def test_a_caption_carries_warnings():
    against = explanation(
        -np.ones((4, 5), np.float32),
        options={},
        provenance={"model": {"id": "some/model"}, "notes": ("the model is not trained.",)},
    )
    assert against.caption() == (
        "Grad-cam map of an image for tench (75.0%), model some/model, no value is above 0: nothing speaks for it "
        "(style 'signed' shows what speaks against). The model is not trained."
    )


def test_components_speak_for_nothing():
    below = -np.ones((3, 4, 5), np.float32)
    assert detail(explanation(below[0])).startswith("no value is above 0")
    assert "no value" not in detail(explanation(below, "component row column", method="patch-pca"))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("facebook/deit", "facebook/deit"),
        ("/models/deit/", "deit"),
        ("../shared/deit", "deit"),
        ("timm:vit", "timm:vit"),
    ],
)
def test_a_model_folder_is_shown_by_its_name(source, shown):
    assert detail(explanation(options={}, provenance={"model": {"id": source}})) == f"grad-cam · {shown}"
