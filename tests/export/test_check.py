"""The check of an exported graph: against passes that are not the traced one, and against what cam promises."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.explainers.tiny import SIZE, as_model, images
from vitxplain import explain
from vitxplain.capture.layer_tap import layer_tap
from vitxplain.errors import OutputError
from vitxplain.explainers.cam import CAM
from vitxplain.export import export
from vitxplain.export.check import TOLERANCE, by_pytorch, from_the_logit, trial_images


class Dense(nn.Module):
    """Ends as DenseNet does: after its last layer a function writes in place into what that layer returned."""

    def __init__(self, *, softmax: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.last, self.norm = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 6, 3, 2, 1), nn.BatchNorm2d(6)
        self.classifier = nn.Linear(6, 4)
        self.norm.running_mean.normal_()
        self.ending = nn.Softmax(-1) if softmax else nn.Identity()

    def forward(self, pixel_values: Tensor) -> Tensor:
        features = self.norm(self.last(F.relu(self.first(pixel_values), inplace=True)))
        features = F.relu(features, inplace=True)
        return self.ending(self.classifier(features.mean((2, 3))))


class Watched(Dense):
    """Says something else while it is watched, as code with hooks of its own may."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        hooked = any(part._forward_hooks for part in self.modules())
        return super().forward(pixel_values * 2 if hooked else pixel_values)


@pytest.mark.parametrize("softmax", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_what_is_written_in_place_and_a_softmax_at_the_end_are_in_the_graph(softmax: bool, tmp_path: Path):
    module = Dense(softmax=softmax).eval()
    model = as_model(module)
    made = export(model, "cam", tmp_path / "a.onnx")
    pixels = images(3, seed=7)
    session = onnxruntime.InferenceSession(str(made.path), providers=["CPUExecutionProvider"])
    shares, maps = session.run(["probabilities", "map"], {"pixel_values": pixels.numpy()})
    expected = np.stack([one.values for one in explain(model, pixels, "cam")])
    np.testing.assert_allclose(maps, expected, atol=1e-5)
    module.ending = nn.Identity()
    with torch.no_grad():
        logits = module(pixels)
    np.testing.assert_allclose(shares, logits.softmax(-1).numpy(), atol=1e-5)
    top = logits.argmax(-1)
    found = maps.mean((1, 2)) + module.classifier.bias.detach().numpy()[top]
    np.testing.assert_allclose(found, logits.max(-1).values.numpy(), atol=1e-5)


@pytest.mark.parametrize("softmax", [False, True])
def test_cam_is_held_to_the_logit(softmax: bool):
    module = Dense(softmax=softmax).eval()
    model, pixels = as_model(module), images(2)
    _, maps = by_pytorch(model, CAM(), pixels)
    assert from_the_logit(model, maps, pixels) < 1e-5
    with torch.no_grad(), layer_tap(module, ["norm"], differentiable=False) as seen:
        top = model.logits(pixels).argmax(-1)
    before = torch.einsum("bc,bcij->bij", module.classifier.weight.detach()[top], seen["norm"])
    assert from_the_logit(model, before.numpy(), pixels) > 100 * TOLERANCE


def test_probabilities_are_those_of_a_pass_without_hooks():
    module = Watched().eval()
    pixels = trial_images(as_model(module).processor, 2)
    shares, _ = by_pytorch(as_model(module), CAM(), pixels)
    with torch.no_grad():
        np.testing.assert_allclose(shares, module(pixels).softmax(-1).numpy(), atol=1e-6)
    assert pixels.shape[-2:] == SIZE


@pytest.mark.slow
def test_model_that_is_another_while_it_is_traced_is_not_written(tmp_path: Path):
    with pytest.raises(OutputError, match="onnxruntime and PyTorch differ"):
        export(as_model(Watched().eval()), "cam", tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


class Cropped(Dense):
    """Looks at the middle, mirrored: its map is put back within the graph."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        return super().forward(pixel_values[..., 4:20, 8:32].flip(-1))


@pytest.mark.slow
def test_map_of_a_part_is_put_back_in_the_graph(tmp_path: Path):
    model, pixels = as_model(Cropped().eval()), images(2)
    made = export(model, "cam", tmp_path / "a.onnx")
    session = onnxruntime.InferenceSession(str(made.path), providers=["CPUExecutionProvider"])
    (maps,) = session.run(["map"], {"pixel_values": pixels.numpy()})
    np.testing.assert_allclose(maps, np.stack([one.values for one in explain(model, pixels, "cam")]), atol=1e-5)
    assert (maps[:, 0] == 0).all()
