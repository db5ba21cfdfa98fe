"""The map of several passes is the sum of the maps each pass has by itself, put back, times its weight."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.models.parallel.networks import SIZE, SmallCNN, SmallViT, Whole, images
from vitxplain.api import explain, fitting
from vitxplain.errors import UnsupportedModelError
from vitxplain.export import export
from vitxplain.models.loading.load import load_model

TURNS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[np.ndarray], np.ndarray]]] = {
    "as it lies": (lambda pixels: pixels, lambda values: values),
    "mirrored": (lambda pixels: pixels.flip(-1), lambda values: values[..., ::-1]),
    "upside down": (lambda pixels: pixels.flip(-2), lambda values: values[..., ::-1, :]),
    "turned": (lambda pixels: torch.rot90(pixels, 1, (2, 3)), lambda values: np.rot90(values, -1, (-2, -1))),
    "shifted in value": (lambda pixels: (pixels - 0.5) / 2, lambda values: values),
}
MIRROR = TURNS["mirrored"][0]
LINKS: dict[str, Callable[[Tensor], Tensor]] = {
    "logits": lambda scores: scores,
    "probabilities": lambda scores: scores.softmax(-1),
    "sigmoids": torch.sigmoid,
}


def values_of(net: nn.Module, pixels: Tensor, method: str) -> np.ndarray:
    about = {"target": 1} if method != "attention-rollout" else {}
    return np.stack([each.values for each in explain(net.eval(), pixels, method, **about)])


def close(values: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(values, expected, atol=1e-5 * float(np.abs(expected).max()))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    turns=st.lists(st.sampled_from(sorted(TURNS)), min_size=2, max_size=3),
    nets=st.lists(st.sampled_from([SmallCNN(0), SmallCNN(1), SmallViT(0), SmallViT(1)]), min_size=3, max_size=3),
    weights=st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=3, max_size=3),
    link=st.sampled_from(sorted(LINKS)),
    method=st.sampled_from(["grad-cam", "attention-rollout", "gradient-attention"]),
)
def test_any_weighted_sum_of_passes(
    turns: Sequence[str], nets: Sequence[nn.Module], weights: Sequence[float], link: str, method: str
) -> None:
    check_sum(turns, nets, weights, link, method)


@pytest.mark.parametrize(
    ("link", "method"),
    [("logits", "grad-cam"), ("probabilities", "attention-rollout"), ("sigmoids", "attention-rollout")],
)
def test_a_weighted_sum_of_two_views(link: str, method: str) -> None:
    check_sum(["turned", "mirrored"], [SmallViT(0), SmallViT(1)], [0.25, 0.5], link, method)


def check_sum(
    turns: Sequence[str], nets: Sequence[nn.Module], weights: Sequence[float], link: str, method: str
) -> None:
    members = [(nets[index], *TURNS[turn], weights[index]) for index, turn in enumerate(turns)]
    if method != "grad-cam":
        members = [(net if isinstance(net, SmallViT) else SmallViT(2), *rest) for net, *rest in members]

    def whole(pixels: Tensor, *_: nn.Module) -> Tensor:
        return sum(weight * LINKS[link](net(view(pixels))) for net, view, _, weight in members)  # type: ignore[return-value]

    result = values_of(Whole(whole, *(net for net, *_ in members)), images(2), method)
    total = sum(weight for *_, weight in members) if method == "attention-rollout" else 1.0
    expected = sum(
        weight / total * back(values_of(net, view(images(2)), method)) for net, view, back, weight in members
    )
    close(result, np.asarray(expected))


@pytest.mark.parametrize(
    "how",
    [
        lambda pixels, net: net(torch.cat([pixels, MIRROR(pixels)])).view(2, len(pixels), -1).mean(0),
        lambda pixels, net: (
            net(torch.stack([pixels, MIRROR(pixels)], 1).flatten(0, 1)).view(len(pixels), 2, -1).mean(1)
        ),
        torch.no_grad()(lambda pixels, net: (net(pixels) + net(MIRROR(pixels))) / 2),
    ],
    ids=["joined in a batch", "stacked in a batch", "without a graph"],
)
def test_mirror_averages_however_they_are_written(how: Callable[..., Tensor]) -> None:
    net, back = SmallCNN(), TURNS["mirrored"][1]
    result = values_of(Whole(how, net), images(2), "grad-cam")
    expected = values_of(net, images(2), "grad-cam") + back(values_of(net, MIRROR(images(2)), "grad-cam"))
    close(result, expected / 2)


@pytest.mark.parametrize("ending", [nn.Softmax(1), nn.LogSoftmax(1), nn.Sigmoid()])
def test_networks_that_end_in_an_activation_are_read_before_it(ending: nn.Module) -> None:
    nets = [nn.Sequential(SmallCNN(seed), ending) for seed in (0, 1)]
    whole = Whole(lambda pixels, first, second: 0.25 * first(pixels) + 0.75 * second(MIRROR(pixels)), *nets)
    first = values_of(SmallCNN(0), images(), "grad-cam")
    second = values_of(SmallCNN(1), MIRROR(images()), "grad-cam")[..., ::-1]
    close(values_of(whole, images(), "grad-cam"), 0.25 * first + 0.75 * second)
    assert fitting(load_model(whole, mean=0.0, std=1.0, size=SIZE))["cam"] is not None  # no logit is their sum


def test_a_pass_that_nothing_is_made_of_does_not_count() -> None:
    net = SmallViT()
    for how in (lambda x, n: (n(MIRROR(x)), n(x))[1], lambda x, n: (n(x), n(MIRROR(x)))[0]):
        close(
            values_of(Whole(how, net), images(), "gradient-attention"), values_of(net, images(), "gradient-attention")
        )


def test_a_network_that_mirrors_by_itself_is_put_back() -> None:
    for net in (SmallCNN(), SmallViT()):
        result = values_of(Whole(lambda pixels, n: n(MIRROR(pixels)), net), images(), "grad-cam")
        close(result, values_of(net, MIRROR(images()), "grad-cam")[..., ::-1])


def test_the_maximum_is_that_of_the_pass_that_wins() -> None:
    nets = [SmallCNN(0), SmallCNN(1)]
    logits = [net(images())[0, 1].item() for net in nets]
    result = values_of(Whole(lambda x, a, b: torch.maximum(a(x), b(x)), *nets), images(), "grad-cam")
    close(result, values_of(nets[int(np.argmax(logits))], images(), "grad-cam"))


def test_features_that_are_joined_count_by_their_gradients() -> None:
    torch.manual_seed(0)
    nets, head = [SmallCNN(0), SmallCNN(1)], nn.Linear(8, 3)
    whole = Whole(lambda x, a, b, fc: fc(torch.cat([a(x), b(MIRROR(x))], 1)), *nets, head)
    result = values_of(whole, images(), "grad-cam")
    parts = [nn.Sequential(net, nn.Linear(4, 3, bias=False)) for net in nets]
    for part, columns in zip(parts, head.weight.data.split(4, 1), strict=True):
        part[1].weight.data = columns
    close(
        result,
        values_of(parts[0], images(), "grad-cam") + values_of(parts[1], MIRROR(images()), "grad-cam")[..., ::-1],
    )


def test_networks_may_take_other_channels_than_the_image_has() -> None:
    torch.manual_seed(0)
    grey = nn.Sequential(nn.Conv2d(1, 6, 8, 8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4))
    result = values_of(Whole(lambda x, a, b: a(x) + b(x.mean(1, keepdim=True)), SmallCNN(), grey), images(), "grad-cam")
    mean = Whole(lambda x, n: n(x.mean(1, keepdim=True)), grey)
    close(result, values_of(SmallCNN(), images(), "grad-cam") + values_of(mean, images(), "grad-cam"))


def test_crops_lie_where_they_were_cut() -> None:
    net = SmallCNN()
    whole = Whole(lambda x, n: (n(x[..., :16, :16]) + n(x[..., 16:, 16:])) / 2, net)
    result = values_of(whole, images(), "grad-cam")[0]
    assert result.shape == (4, 4)
    for rows in (slice(0, 2), slice(2, 4)):
        pixels = images()[..., rows.start * 8 : rows.stop * 8, rows.start * 8 : rows.stop * 8]
        close(result[rows, rows], values_of(net, pixels, "grad-cam")[0] / 2)
    assert not result[:2, 2:].any()


def test_the_cam_of_averaged_logits_sums_to_the_logit() -> None:
    net = SmallCNN()
    whole = Whole(lambda x, n: (n(x) + n(MIRROR(x))) / 2, net).eval()
    mean = values_of(whole, images(), "cam")[0].mean()
    np.testing.assert_allclose(mean + net.fc.bias[1].item(), whole(images())[0, 1].item(), rtol=1e-5)


@pytest.mark.parametrize(
    ("method", "how", "words"),
    [
        ("attention-rollout", lambda x, a, b: torch.maximum(a(x), b(x)), "nets.0 and nets.1 together"),
        ("head-distance", lambda x, a, b: a(x) + b(x), "layers and heads are not the same"),
        ("grad-cam", lambda x, a, b: a(x) + b(x.roll(5, -1)), "moves the pixels"),
    ],
)
def test_what_cannot_be_added_is_refused_by_name(method: str, how: Callable[..., Tensor], words: str) -> None:
    nets = (SmallViT(0), SmallViT(1)) if method != "grad-cam" else (SmallCNN(0), SmallCNN(1))
    with pytest.raises(UnsupportedModelError, match=words):
        explain(Whole(how, *nets).eval(), images(), method)


def test_a_layer_is_named_as_the_whole_names_it() -> None:
    net = SmallCNN()
    whole = Whole(lambda x, n: (n(x) + n(MIRROR(x))) / 2, net).eval()
    (map_,) = explain(whole, images(), "grad-cam", target=1)
    assert map_.options["layer"] == "nets.0.act"
    (by_name,) = explain(whole, images(), "grad-cam", target=1, layer="nets.0.act")
    close(by_name.values, map_.values)


def test_the_module_is_left_as_it_was_and_others_are_not_taken_apart() -> None:
    net = SmallCNN().eval()
    model = load_model(Whole(lambda x, n: n(x) / 2, net).eval(), mean=0.5, std=0.5, size=SIZE)
    assert model.probe().passes is None
    assert model.probe().cam_layer == "nets.0.act"
    whole = Whole(lambda x, n: n(x) + n(MIRROR(x)), net).eval()
    assert fitting(load_model(whole, mean=0.5, std=0.5, size=SIZE))["grad-cam"] is None
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in whole.modules())


def test_a_graph_of_several_passes_is_refused() -> None:
    net = SmallCNN()
    model = load_model(Whole(lambda x, n: n(x) + n(MIRROR(x)), net).eval(), mean=0.5, std=0.5, size=SIZE)
    with pytest.raises(UnsupportedModelError, match=r"nets.0 side by side"):
        export(model, "cam")
