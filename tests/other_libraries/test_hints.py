"""What was written for another library is answered with what is written here."""

import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.explainers.tiny import as_model
from tests.models.tiny_vit import tiny_vit
from vitxplain import explain, registry
from vitxplain.errors import OptionError, TargetError, UnknownNameError
from vitxplain.other_libraries.hints import method_hint, option_hint, target_hint
from vitxplain.other_libraries.names import METHODS

IMAGE = Image.fromarray(np.full((32, 32, 3), 90, np.uint8))


class ClassifierOutputTarget:
    """As pytorch-grad-cam has it."""

    def __init__(self, category: int) -> None:
        self.category = category


@pytest.mark.parametrize(
    "name", ["ScoreCAM", "score-cam", "GradCAMPlusPlus", "Grad-CAM++", "IntegratedGradients", "KernelShap"]
)
def test_a_method_of_theirs_names_the_nearest_of_ours(name: str):
    with pytest.raises(UnknownNameError, match=r"nearest (here )?is (grad-cam|gradient-activation), "):
        explain("demo-vit", IMAGE, name)


def test_no_hint_stands_before_a_method_that_is_here():
    ours = {re.sub("-", "", name) for name in registry.names("explainers")}
    assert not ours & METHODS.keys()
    named = {word for sentence in METHODS.values() for word in re.findall(r"(?:is|Write) ([a-z]+-[a-z]+)", sentence)}
    assert named <= set(registry.names("explainers"))
    assert method_hint("roolout") == option_hint("layr") == target_hint(object()) == ""


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (ClassifierOutputTarget(281), "write target=281."),
        ([ClassifierOutputTarget(3)], "write target=3."),
        (lambda logits: logits[3], 'target="A~B" for the difference'),
    ],
)
def test_a_target_of_theirs(target: Any, words: str):
    with pytest.raises(TargetError, match=re.escape(words)):
        explain(as_model(tiny_vit(), (32, 32)), IMAGE, "grad-cam", target=target)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("aug_smooth", "views=2"),
        ("eigen_smooth", "there is none; nearest is the method patch-pca"),
        ("target_layers", 'write layer="NAME"'),
        ("reshape_transform", "leave it out"),
        ("targets", "write target="),
        ("class_name", "write target=, a class by its name"),
        ("custom_labels", "explain(load_model(MODEL, labels=[...]), ...)"),
        ("processor", "explain(load_model(MODEL, processor=...), ...)"),
        ("labels", "explain(load_model(MODEL, labels=[...]), ...)"),
        ("methods", "explain takes one, as method="),
    ],
)
def test_an_option_of_theirs(option: str, words: str):
    with pytest.raises(OptionError, match=re.escape(words)):
        explain(as_model(tiny_vit(), (32, 32)), IMAGE, "grad-cam", **{option: True})
