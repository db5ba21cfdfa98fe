"""The contact sheet of `vitx demo`: what its words say, and that they are whole."""

import pytest

from vitxplain.api import explain_together
from vitxplain.data.synthetic.digits import Digits
from vitxplain.demo.sheet import contact_sheet
from vitxplain.models.loading.load import load_model


@pytest.mark.parametrize(
    ("model", "methods", "meaning"),
    [
        ("demo-vit", ["attention-rollout", "grad-cam"], "the class it says, those with * for no class"),
        ("demo-cnn", ["cam", "grad-cam"], "the class it says"),
    ],
)
def test_maps_of_no_class_are_marked(model: str, methods: list[str], meaning: str):
    opened = load_model(model, device="cpu")
    samples = list(Digits("test", size=opened.processor.input_size, count=1))
    maps = explain_together(opened, [samples[0].image], methods)
    figure = contact_sheet(model, samples, maps, dict.fromkeys(methods, 0.5))
    assert figure.texts[1].get_text() == f"number: average precision over all images · maps for {meaning}"
    titles = [axes.get_title().partition("\n")[0] for axes in figure.axes if "\n" in axes.get_title()]
    assert titles == ["attention-rollout*" if name == "attention-rollout" else name for name in methods]
