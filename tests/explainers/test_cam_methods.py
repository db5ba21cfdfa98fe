import pytest
import torch
from captum.testing.helpers.basic_models import BasicModel_ConvNet_One_Conv
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.oracles import cam as oracle
from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.errors import OptionError
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.targets.class_target import ClassTarget


def activation(seed: int = 0) -> LayerActivation:
    draw = torch.Generator().manual_seed(seed)
    values, gradient = (torch.randn(2, 5, 3, 4, generator=draw) for _ in range(2))
    head = torch.randn(6, 5, generator=draw)
    return LayerActivation("stage", values, gradient, head[[4, 1]])


@pytest.mark.parametrize("relu", [False, True])
def test_grad_cam_equals_the_loops(relu: bool) -> None:
    given_to = activation()
    result = GradCAM(relu=relu).attribute(given_to)
    for image in range(2):
        values, gradient = (one[image].double().numpy() for one in (given_to.values, given_to.gradient))
        torch.testing.assert_close(result[image], torch.from_numpy(oracle.grad_cam(values, gradient, relu)).float())
    assert (result.min() >= 0) == relu
    assert not result.requires_grad
    assert not given_to.values.requires_grad


@pytest.mark.parametrize(
    ("layer", "expected"), [("conv1", [[11.25, 13.5], [20.25, 22.5]]), ("relu1", [[0.0, 4.0], [28.0, 32.5]])]
)
def test_grad_cam_gives_captums_own_values(layer: str, expected: list[list[float]]) -> None:
    model = BasicModel_ConvNet_One_Conv()
    seen: list[torch.Tensor] = []
    hook = model.get_submodule(layer).register_forward_hook(lambda *call: seen.append(call[-1]))
    logit = model(torch.arange(16.0).view(1, 1, 4, 4))[0, 0]
    hook.remove()
    (gradient,) = torch.autograd.grad(logit, seen[0])
    result = GradCAM().attribute(LayerActivation(layer, seen[0].detach(), gradient))
    assert result.tolist() == [expected]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), image=st.integers(0, 1))
def test_images_of_a_batch_stand_alone(seed: int, image: int) -> None:
    both = activation(seed)
    one = LayerActivation("stage", both.values[[image]], both.gradient[[image]], both.head_weights[[image]])
    for method in (GradCAM(), CAM()):
        torch.testing.assert_close(method.attribute(one), method.attribute(both)[[image]])


def test_cam_equals_the_loops() -> None:
    given_to = activation()
    result = CAM().attribute(given_to)
    for image in range(2):
        expected = oracle.cam(given_to.values[image].double().numpy(), given_to.head_weights[image].double().numpy())
        torch.testing.assert_close(result[image], torch.from_numpy(expected).float())


def test_the_mean_of_cam_plus_the_bias_is_the_logit() -> None:
    features, head = torch.randn(3, 5, 4, 6), nn.Linear(5, 7)
    logits = head(features.mean((2, 3)))
    for label in range(7):
        weights = ClassTarget((label,)).head_weights(head.weight.detach(), {LOGITS: logits})
        cam = CAM().attribute(LayerActivation("stage", features, None, weights))
        torch.testing.assert_close(cam.mean((1, 2)) + head.bias[label], logits[:, label])


@pytest.mark.parametrize("weights", [None, torch.randn(1, 5)])
def test_cam_of_another_layer_says_what_it_takes(weights: torch.Tensor | None) -> None:
    activation = LayerActivation("stem", torch.randn(1, 3, 2, 2), None, weights)
    with pytest.raises(OptionError, match=r"layer 'stem' \(3 channels\) is not the one .* leave `layer` out"):
        CAM(layer="stem").attribute(activation)


def test_a_pass_without_gradient_says_what_to_name() -> None:
    with pytest.raises(ValueError, match='"gradients" in `needs`'):
        GradCAM().attribute(LayerActivation("stage", torch.randn(1, 3, 2, 2)))


@pytest.mark.usefixtures("unchecked")
def test_relu_is_a_flag() -> None:
    with pytest.raises(OptionError, match="relu is 'yes'; it takes True or False"):
        GradCAM(relu="yes")
