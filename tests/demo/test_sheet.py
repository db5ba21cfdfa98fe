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
    detail = f"number: average precision over all images · maps for {meaning} · green: the digit"
    assert figure.texts[1].get_text() == detail
    titles = [text.get_text() for axes in figure.axes for text in axes.texts if "\n0.50" in text.get_text()]
    assert titles == [f"{name}{'*' if name == 'attention-rollout' else ''}\n0.50" for name in methods]
