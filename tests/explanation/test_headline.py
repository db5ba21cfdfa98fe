"""The lines of text on a picture."""

import numpy as np
import pytest

from tests.explanations import explanation
from vitxplain.explanation.explanation import detail, headline
from vitxplain.tasks.base import ExplainedTarget, Prediction


def test_headline_tells_the_explained_class_from_the_predicted_one():
    assert headline(explanation()) == "tench · 75.0%"
    assert headline(explanation(target=None)) == "predicted: tench · 75.0%"
    assert (
        headline(explanation(target=ExplainedTarget(968, "cup", 0.125))) == "cup · 12.5%   (predicted: tench · 75.0%)"
    )
    assert headline(explanation(target=None, prediction=Prediction((), (), ()))) == "grad-cam"


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
