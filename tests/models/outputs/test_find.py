"""Odd outputs of one's own networks: the map and the numbers are those of the plain logits, or the model is refused."""

from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.models.outputs.odd_outputs import IMAGES, Parts, Returns, odd_net
from vitxplain import evaluate, explain, load_data
from vitxplain.assessment.assess import assess
from vitxplain.errors import ModelLoadError, UnsupportedModelError, UsageError, VitxplainError
from vitxplain.models.loading.load import load_model

Heads = namedtuple("Heads", "logits aux2 aux1")


@dataclass
class Embedded:
    embedding: Tensor
    prediction: Tensor


def shown(returns: Returns, classes: int = 4, **stated: Any) -> tuple[np.ndarray, list[dict[int, float]], str]:
    """Maps, numbers by class and their unit, of both images."""
    made = explain(odd_net(returns, classes), IMAGES, "grad-cam", target=0, **stated)
    predictions = [explanation.prediction for explanation in made]
    numbers = [dict(zip(one.indices, one.probabilities, strict=True)) for one in predictions]
    return np.stack([explanation.values for explanation in made]), numbers, predictions[0].unit


def expected(classes: int = 4) -> tuple[np.ndarray, Tensor]:
    """The maps and the logits of the plain network."""
    net = odd_net(lambda o: o.z, classes)
    with torch.no_grad():
        logits = net(IMAGES)
    return np.stack([one.values for one in explain(net, IMAGES, "grad-cam", target=0)]), logits


SOFTMAX: dict[str, Returns] = {
    "features before": lambda o: (o.f, o.z),
    "features after": lambda o: {"output": o.z, "features": o.f},
    "auxiliary heads": lambda o: Heads(o.z, o.net.other(o.f), o.net.other(o.f)),
    "auxiliary head first": lambda o: {"aux": o.net.other(o.f), "out": o.z},
    "dataclass": lambda o: Embedded(o.f, o.z),
    "attributes": lambda o: SimpleNamespace(feats=o.f, y=o.z),
    "with probabilities": lambda o: (o.z.softmax(1), o.z),
    "with a loss": lambda o: {"loss": o.z.sum(), "scores": o.z},
    "with a feature map": lambda o: (o.z, o.f[:, :, None, None].expand(-1, -1, 2, 2)),
    "softmax": lambda o: o.z.softmax(1),
    "softmax of a map": lambda o: F.softmax(o.z[:, :, None, None], 1),
    "log-softmax": lambda o: F.log_softmax(o.z, 1),
    "exponential of log-softmax": lambda o: F.log_softmax(o.z, 1).exp(),
    "map of one place": lambda o: o.z[:, :, None, None],
    "batch axis squeezed": lambda o: o.z.squeeze(),
    "half precision": lambda o: o.z.half(),
    "softmax as logits": lambda o: {"logits": o.z.softmax(1)},
}
SIGMOID: dict[str, Returns] = {
    "sigmoid": lambda o: o.z.sigmoid(),
    "in place": lambda o: o.z.clone().sigmoid_(),
    "beside the scores": lambda o: (o.z, o.z.sigmoid()),
    "log-sigmoid": lambda o: F.logsigmoid(o.z),
    "written out": lambda o: 1 / (1 + torch.exp(-o.z)),
    "of exponentials": lambda o: o.z.exp() / (1 + o.z.exp()),
    "by tanh": lambda o: (torch.tanh(o.z / 2) + 1) / 2,
    "guarded for a logarithm": lambda o: o.z.sigmoid().clamp(1e-6, 1 - 1e-6),
}


@pytest.mark.parametrize("name", [*SOFTMAX, *SIGMOID])
def test_the_class_scores_are_found_and_their_probabilities_are_the_models(name: str) -> None:
    maps, logits = expected()
    probabilities = logits.softmax(1) if name in SOFTMAX else logits.sigmoid()
    values, numbers, unit = shown({**SOFTMAX, **SIGMOID}[name])
    assert unit == "probability"
    np.testing.assert_allclose(values, maps, rtol=5e-3, atol=1e-5)
    for row, probability in zip(numbers, probabilities, strict=True):
        assert row == pytest.approx(dict(enumerate(probability.tolist())), abs=2e-3)


@pytest.mark.parametrize(
    "returns",
    [
        lambda o: o.z.exp() / o.z.exp().sum(1, True),
        lambda o: {"logits": o.z.exp() / o.z.exp().sum(1, True)},
        lambda o: (o.z.softmax(1) + o.z.softmax(1)) / 2,
        lambda o: o.z.softmax(1) + o.z.softmax(1),  # their sum is 2: shares of it
    ],
)
def test_probabilities_without_a_softmax_at_the_end_are_not_softmaxed_again(returns: Returns) -> None:
    _, numbers, unit = shown(returns)
    assert unit == "probability"
    assert numbers[1] == pytest.approx(dict(enumerate(expected()[1].softmax(1)[1].tolist())), abs=1e-5)


def test_sums_of_sigmoids_are_values() -> None:
    _, numbers, unit = shown(lambda o: o.z.sigmoid() + o.net.other(o.f).sigmoid() + 1)
    assert unit == "value"
    assert min(numbers[0].values()) > 1


def test_scores_that_sum_to_one_by_chance_are_no_probabilities() -> None:
    """The head's bias makes the sum of a grey image 1, and of that image only."""
    net = odd_net(lambda o: o.z)
    with torch.no_grad():
        net.head.weight.abs_().mul_(0.01)
        grey = (net(torch.full((1, 3, 16, 16), 128 / 255))).sum()
        net.head.bias += (1 - grey) / 4
    relued = odd_net(lambda o: o.z.relu())
    relued.load_state_dict(net.state_dict())
    for module in (net, relued):
        assert load_model(module, mean=0.0, std=1.0, size=16).task.ends_in is None


@pytest.mark.parametrize(
    "shape", [lambda z: z, lambda z: z[:, 0], lambda z: z[:, :, None, None], lambda z: z.squeeze()]
)
def test_one_output_is_a_value_and_with_a_sigmoid_a_probability(shape: Any) -> None:
    logits = expected(1)[1]
    assert shown(lambda o: shape(o.z), 1)[1:] == ([{0: pytest.approx(one.item())} for one in logits], "value")
    sigmoid = [{0: pytest.approx(one.sigmoid().item())} for one in logits]
    assert shown(lambda o: shape(o.z.sigmoid()), 1)[1:] == (sigmoid, "probability")
    assert shown(lambda o: shape(o.z), 1, activation="sigmoid")[1:] == (sigmoid, "probability")


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (lambda o: (o.net.other(o.f), o.z), r"several outputs for one image: 0 \(1, 4\), 1 \(1, 4\).*output='0'"),
        (lambda o: {"species": o.z, "genus": o.net.coarse(o.z)}, r"species \(1, 4\), genus \(1, 2\).*'species'"),
        (lambda o: [o.z, o.z * 2, o.z * 3], "output='0', or '1', '2'"),
        (lambda o: {"features": o.f}, "features are features by name"),
        (lambda o: o.z.softmax(0), "softmax over another axis than the classes: the 4 .* sum to 4"),
        (lambda o: o.z[:, :1].softmax(1), "a softmax of a single output, which is 1 whatever"),
        (lambda o: F.hardsigmoid(o.z), "ends in a hard sigmoid"),
        (lambda o: o.z.clamp(0, 1), "numbers cut off at 0 and 1"),
        (lambda o: torch.cat([o.z[:, :2].softmax(1), o.z[:, 2:].softmax(1)], 1), "several softmaxes .* sum to 2"),
        (lambda o: o.z.argmax(1), r"whole numbers or no numbers \(int64\)"),
        (lambda o: (o.z.sigmoid() * 255).byte(), r"\(uint8\)"),
        (lambda o: o.z * torch.nan, "not finite"),
        (lambda o: o.z.T, r"\(4, 1\) for one image and \(4, 2\) for two"),
        (lambda _: "cat", r"returns no tensor for one image"),
        (lambda _: None, r"returns no tensor for one image"),
    ],
)
def test_what_cannot_be_known_or_explained_is_refused(returns: Returns, words: str) -> None:
    with pytest.raises(ModelLoadError, match=words):
        shown(returns)


def test_an_output_by_name_by_place_and_by_the_number_of_classes() -> None:
    maps, _ = expected()
    nested: Returns = lambda o: {"heads": {"species": o.z, "genus": o.net.coarse(o.z)}, "features": o.f}  # noqa: E731
    np.testing.assert_array_equal(shown(nested, output="heads.species")[0], maps)
    for place in (1, -1, "1"):
        np.testing.assert_array_equal(shown(lambda o: (o.net.other(o.f), o.z), output=place)[0], maps)
    labelled = load_model(odd_net(nested), mean=0.0, std=1.0, size=16, labels=["a", "b"])
    assert labelled.task.output == "heads.genus"


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"output": "logits2"}, r"no output 'logits2'; it returns a tensor \(1, 4\)"),
        ({"activation": "relu"}, "choose auto, softmax, sigmoid, none"),
    ],
)
def test_what_is_stated_must_be_there(stated: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        shown(lambda o: o.z, **stated)


def test_an_activation_goes_before_softmax_and_not_against_the_model() -> None:
    logits = expected()[1][0]
    sigmoid = dict(enumerate(logits.sigmoid().tolist()))
    assert shown(lambda o: o.z, activation="sigmoid")[1][0] == pytest.approx(sigmoid)
    assert shown(lambda o: o.z, activation="none")[1:] == (
        [pytest.approx(dict(enumerate(row.tolist()))) for row in expected()[1]],
        "value",
    )
    assert shown(lambda o: o.z.sigmoid(), activation="sigmoid")[1][0] == pytest.approx(sigmoid, abs=1e-5)
    with pytest.raises(UsageError, match="itself ends in a softmax"):
        shown(lambda o: o.z.softmax(1), activation="sigmoid")
    with pytest.raises(UsageError, match="makes 100 % of the one output"):
        shown(lambda o: o.z, 1, activation="softmax")


def test_a_head_that_got_a_softmax_after_loading_is_not_softmaxed_twice() -> None:
    net = odd_net(lambda o: o.z)
    model = load_model(net, mean=0.0, std=1.0, size=16)
    net.head = torch.nn.Sequential(net.head, torch.nn.Softmax(1))
    with pytest.raises(ModelLoadError, match="ends in a softmax, which was not so"):
        explain(model, IMAGES[0], "grad-cam")


def test_work_that_needs_probabilities_refuses_values(tmp_path: Path) -> None:
    model = load_model(odd_net(lambda o: o.z), mean=0.0, std=1.0, size=16, activation="none", labels=list("0123"))
    digits = load_data("digits", limit=4)
    with pytest.raises(UnsupportedModelError, match="gives values and no probabilities, which testing needs"):
        assess(model, digits)
    with pytest.raises(UsageError, match="deletion asks for probabilities, and OddNet gives values"):
        evaluate(model, digits, "grad-cam", metrics=["deletion"])


def test_a_loaded_model_can_be_told_later() -> None:
    model = load_model(odd_net(lambda o: o.z), mean=0.0, std=1.0, size=16)
    told = load_model(model, activation="sigmoid")
    assert told.task.multi_label
    assert not model.task.multi_label
    assert explain(model, IMAGES[0], "grad-cam", activation="sigmoid").prediction.probabilities == pytest.approx(
        sorted(expected()[1][0].sigmoid().tolist(), reverse=True)
    )


@settings(max_examples=15, deadline=None)
@given(
    order=st.permutations(["logits", "features", "probabilities", "map"]),
    count=st.integers(1, 4),
    container=st.sampled_from([tuple, list, dict]),
)
def test_random_outputs_are_right_or_refused(order: list[str], count: int, container: type) -> None:
    """Whatever subset of outputs in whatever order: if it is explained, then its class scores are."""

    def returns(o: Parts) -> Any:
        every = {
            "logits": o.z,
            "features": o.f,
            "probabilities": o.z.softmax(1),
            "map": o.f[:, :, None, None].expand(-1, -1, 2, 2),
        }
        parts = [every[name] for name in order[:count]]
        return {f"part{place}": part for place, part in enumerate(parts)} if container is dict else container(parts)

    if not {"logits", "probabilities"} & set(order[:count]):
        return  # features alone cannot be told from logits
    try:
        _, numbers, _ = shown(returns)
    except VitxplainError as error:
        assert "output=" in str(error)  # noqa: PT017
        return
    assert numbers[0] == pytest.approx(dict(enumerate(expected()[1][0].softmax(0).tolist())), abs=1e-5)
