"""The classifiers in the box: small, right, and with maps that find the digit because of what was learned."""

import numpy as np
import pytest
import torch

from vitxplain.api import explain_together
from vitxplain.data.synthetic.digits import Digits
from vitxplain.demo.scores import controls, precisions
from vitxplain.metrics.intervals import bootstrap
from vitxplain.models import known_models
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel

BARS = {"demo-vit": 0.97, "demo-cnn": 0.98}  # what they had when they were made
METHODS = {
    "demo-vit": ["affinity-attention", "gradient-attention", "attention-rollout"],
    "demo-cnn": ["grad-cam", "cam"],
}


@pytest.fixture(params=known_models.DIGIT_MODELS)
def name(request) -> str:
    return request.param


def accuracy(model: VisionModel, data: Digits) -> float:
    right = 0
    with torch.no_grad():
        for start in range(0, len(data), 100):
            samples = [data[index] for index in range(start, min(start + 100, len(data)))]
            logits = model.logits(model.processor([sample.image for sample in samples]))
            right += sum(logits.argmax(1) == torch.tensor([sample.label for sample in samples])).item()
    return right / len(data)


def test_it_is_small_and_says_what_it_is(name):
    folder = known_models.demo_folder(name)
    assert sum(file.stat().st_size for file in folder.rglob("*")) <= 4_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "vitx train --model scratch --data digits" in card
    assert load_model(name).labels == {digit: str(digit) for digit in range(10)}


def test_it_reads_digits(name):
    model = load_model(name)
    assert accuracy(model, Digits("test", model.processor.input_size, count=200)) > BARS[name] - 0.04


@pytest.mark.slow
def test_it_reaches_its_bar_on_the_test_split(name):
    model = load_model(name)
    assert accuracy(model, Digits("test", model.processor.input_size)) >= BARS[name]


@pytest.mark.slow
def test_its_maps_beat_every_control_and_those_of_a_randomised_copy_do_not(name):
    model = load_model(name)
    samples = list(Digits("test", model.processor.input_size, count=100))
    images, rivals = [sample.image for sample in samples], controls(samples)
    trained = explain_together(model, images, METHODS[name])
    torch.manual_seed(0)
    for parameter in model.module.parameters():  # its own values in another place: as large, but meaningless
        parameter.data = parameter.data.flatten()[torch.randperm(parameter.numel())].view_as(parameter)
    shuffled = explain_together(model, images, METHODS[name])
    for method in METHODS[name]:
        leads = {rival: bootstrap(precisions(trained[method], samples) - known) for rival, known in rivals.items()}
        assert min(lead.low for lead in leads.values()) > 0, (method, leads)
        best = max(rivals.values(), key=np.mean)
        assert bootstrap(precisions(shuffled[method], samples) - best).low < 0, method
