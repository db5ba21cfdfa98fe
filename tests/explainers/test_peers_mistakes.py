"""What docs/known-wrong.md says of captum, pytorch-grad-cam and torch-cam, on small networks, beside ours.

Networks that are called twice, that write into the layer looked at, that stand side by side, that end in a softmax.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn
from torch.nn import functional as F

from tests.models.parallel.networks import SIZE, SmallCNN, Whole, images
from vitxplain.api import explain

TARGET = 1


class InPlace(nn.Module):
    """A convolution whose output a ReLU writes over, or not."""

    def __init__(self, in_place: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.fc, self.in_place = nn.Conv2d(3, 6, 8, 8), nn.Linear(6, 4), in_place

    def forward(self, pixels: Tensor) -> Tensor:
        return self.fc(F.relu(self.conv(pixels), inplace=self.in_place).mean((2, 3)))


def mirror(pixels: Tensor, net: nn.Module) -> Tensor:
    return (net(pixels) + net(pixels.flip(-1))) / 2


def ours(net: nn.Module, pixels: Tensor, layer: str | None = None) -> np.ndarray:
    """(image, row, column)."""
    return np.stack([one.values for one in explain(net.eval(), pixels, "grad-cam", target=TARGET, layer=layer)])


def scaled(maps: np.ndarray) -> np.ndarray:
    """Each with its ReLU, from 0 to 1: pytorch-grad-cam and torch-cam give no others."""
    maps = np.maximum(maps, 0)
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    return (maps - low) / (high - low + 1e-8)


def captums(net: nn.Module, layer: str, pixels: Tensor) -> np.ndarray:
    return LayerGradCam(net.eval(), net.get_submodule(layer)).attribute(pixels, TARGET).detach().numpy()[:, 0]


def grad_cams(net: nn.Module, layers: list[str], pixels: Tensor, softmax: bool = False) -> np.ndarray:
    """pytorch-grad-cam's, as large as the image."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils import model_targets

    kind = model_targets.ClassifierOutputSoftmaxTarget if softmax else model_targets.ClassifierOutputTarget
    with GradCAM(net.eval(), [net.get_submodule(layer) for layer in layers]) as peer:
        return peer(pixels, [kind(TARGET)] * len(pixels))


def enlarged(maps: np.ndarray) -> np.ndarray:
    """As pytorch-grad-cam does it: with a ReLU, scaled, enlarged, scaled again."""
    from pytorch_grad_cam.utils.image import scale_cam_image

    return scale_cam_image(scale_cam_image(np.maximum(maps, 0), (SIZE, SIZE)))


def torch_cams(net: nn.Module, layer: str | None, pixels: Tensor) -> tuple[np.ndarray, list[str]]:
    """torch-cam's, and the layers it took."""
    methods = pytest.importorskip("torchcam.methods", reason="needs torchcam (the extra `crosschecks`)")
    with methods.GradCAM(net.eval(), layer, input_shape=(3, SIZE, SIZE)) as peer:
        scores = net(pixels)
        (maps,) = peer(TARGET, scores)
        return maps.numpy(), peer.target_names


def close(some: np.ndarray, others: np.ndarray) -> bool:
    return bool(np.allclose(some, others, atol=1e-4 * max(1e-3, float(np.abs(others).max()))))


def called_twice() -> tuple[nn.Module, np.ndarray, np.ndarray]:
    """A network averaged over mirror images, and the maps of its first call and of its second."""
    net = SmallCNN()
    return Whole(mirror, net), ours(net, images(2)), ours(net, images(2).flip(-1))


def test_captum_reads_the_last_of_two_calls() -> None:
    whole, first, second = called_twice()
    theirs = captums(whole, "nets.0.act", images(2))
    assert close(theirs, second / 2)
    assert close(ours(whole, images(2)), (first + second[..., ::-1]) / 2)
    assert not close(ours(whole, images(2)), theirs)


@pytest.mark.peers
def test_pytorch_grad_cam_reads_the_first_of_two_calls() -> None:
    whole, first, second = called_twice()
    theirs = grad_cams(whole, ["nets.0.act"], images(2))
    assert close(theirs, enlarged(first))
    assert not close(theirs, enlarged(first + second[..., ::-1]))


@pytest.mark.crosschecks
def test_torch_cam_reads_the_last_of_two_calls() -> None:
    whole, first, second = called_twice()
    theirs, _ = torch_cams(whole, "nets.0.act", images(2))
    assert close(theirs, scaled(second))
    assert not close(theirs, scaled(first + second[..., ::-1]))


def test_captum_copies_what_is_changed_in_place() -> None:
    right = ours(InPlace(in_place=False), images(2), "conv")
    assert close(captums(InPlace(in_place=True), "conv", images(2)), right)
    assert close(ours(InPlace(in_place=True), images(2), "conv"), right)


@pytest.mark.peers
def test_pytorch_grad_cam_multiplies_values_after_with_the_gradient_before() -> None:
    net, kept = InPlace(in_place=False).eval(), []
    hook = net.conv.register_forward_hook(lambda *call: kept.append(call[-1]))
    (gradient,) = torch.autograd.grad(net(images(2))[:, TARGET].sum(), kept)
    hook.remove()
    mixed = (gradient.mean((2, 3), keepdim=True) * kept[0].relu()).sum(1).detach().numpy()
    theirs = grad_cams(InPlace(in_place=True), ["conv"], images(2))
    assert close(theirs, enlarged(mixed))
    right = ours(net, images(2), "conv")
    assert close(grad_cams(net, ["conv"], images(2)), enlarged(right))
    assert not close(theirs, enlarged(right))


@pytest.mark.crosschecks
def test_torch_cam_shows_the_layer_that_wrote_in_place() -> None:
    later = SmallCNN(0)
    later.load_state_dict(InPlace(in_place=False).state_dict())
    right = ours(InPlace(in_place=True), images(2), "conv")
    theirs, _ = torch_cams(InPlace(in_place=True), "conv", images(2))
    assert close(theirs, scaled(ours(later, images(2), "act")))
    assert not close(theirs, scaled(right))


def side_by_side(share: float) -> nn.Module:
    return Whole(lambda x, a, b: share * a(x) + (1 - share) * b(x), SmallCNN(0), SmallCNN(1))


@pytest.mark.peers
def test_pytorch_grad_cam_forgets_how_much_each_of_two_networks_counts() -> None:
    layers = ["nets.0.act", "nets.1.act"]
    most, least = (grad_cams(side_by_side(share), layers, images(2)) for share in (0.95, 0.05))
    np.testing.assert_allclose(most, least, atol=2e-3)  # it adds a little where it divides
    most, least = (enlarged(ours(side_by_side(share), images(2))) for share in (0.95, 0.05))
    assert np.abs(most - least).max() > 0.3


@pytest.mark.crosschecks
def test_torch_cam_takes_the_last_of_two_networks() -> None:
    theirs, layers = torch_cams(side_by_side(0.95), None, images(2))
    assert layers == ["nets.1.act"]
    assert close(theirs, scaled(ours(SmallCNN(1), images(2))))
    assert not close(theirs, scaled(ours(side_by_side(0.95), images(2))))


def ending(activation: Callable[[Tensor], Tensor]) -> nn.Module:
    net = SmallCNN()
    net.fc.weight.data *= 20
    return Whole(lambda x, n: activation(n(x)), net)


def softmax(scores: Tensor) -> Tensor:
    return scores.softmax(-1)


@pytest.mark.peers
def test_pytorch_grad_cam_explains_the_softmax_and_its_softmax() -> None:
    scores, shares = ending(lambda scores: scores), ending(softmax)
    right = ours(scores, images(2))
    assert close(ours(shares, images(2)), right)
    assert close(grad_cams(scores, ["nets.0.act"], images(2)), enlarged(right))
    for asked, end in ((False, softmax), (True, lambda scores: softmax(softmax(scores)))):
        theirs = grad_cams(shares, ["nets.0.act"], images(2), softmax=asked)
        assert close(theirs, enlarged(captums(ending(end), "nets.0.act", images(2)))), asked
        assert not close(theirs, enlarged(right)), asked


def test_the_probability_shown_is_the_models_own() -> None:
    net = ending(softmax).eval()
    with torch.no_grad():
        own = net(images())[0]
    (map_,) = explain(net, images(), "grad-cam")
    assert map_.prediction is not None
    assert map_.prediction.probabilities[0] == pytest.approx(float(own.max()), abs=1e-4)
    assert float(softmax(own).max()) < map_.prediction.probabilities[0] - 0.1
