"""CNNs that end at a node in their middle."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from tests.models.scratch_models import pixels, saved, tiny
from tests.saved_models import cnn_folder  # noqa: F401 - fixture
from vitxplain.api import explain, fitting
from vitxplain.errors import OptionError
from vitxplain.models.loading.load import load_model
from vitxplain.models.surgery.cut_network import cut
from vitxplain.train.network.trainable import trainable

NEW = ("ant", "bee", "cow", "doe")
IMAGE = Image.effect_noise((80, 48), 80).convert("RGB")


def output_of(module: nn.Module, node: str, given: Tensor) -> Tensor:
    """What a node returns while the whole network runs: the oracle."""
    found: list[Tensor] = []
    handle = module.get_submodule(node).register_forward_hook(lambda *call: found.append(call[2].clone()))
    with torch.no_grad():
        module(given)
    handle.remove()
    return found[0]


class Odd(nn.Module):
    """A shared activation, a shortcut, and arithmetic between the layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
        self.activation, self.unused = nn.ReLU(), nn.Conv2d(3, 3, 1)
        self.head = nn.Linear(3, 2)

    def forward(self, pixel_values: Tensor) -> Tensor:
        x = self.activation(self.first(pixel_values))
        x = self.activation(self.second(x))
        return self.head(F.relu(self.third(x + 1)).mean((2, 3)))


@pytest.mark.parametrize("node", ["stem.0", "stages.0", "stages.0.0.conv1", "stages.0.0.norm2", "stages.1.0"])
def test_the_map_is_that_of_the_node(node: str) -> None:
    whole = tiny("cnn")
    short = cut(whole, node, 4, (24, 40))
    given = pixels(whole)
    expected = output_of(whole, node, given)
    torch.testing.assert_close(output_of(short, node, given), expected, rtol=0, atol=0)
    assert torch.equal(short(given), short.cut_head(expected.mean((2, 3))))
    names = set(short.state_dict())
    assert names - {"cut_head.weight", "cut_head.bias"} < set(whole.state_dict())


def test_an_activation_used_twice_runs_twice() -> None:
    module, given = Odd().eval(), torch.randn(2, 3, 8, 8)
    short = cut(module, "second", 2, (8, 8))
    assert short.steps == ["first", "activation", "second"]
    assert torch.equal(output_of(short, "second", given), output_of(module, "second", given))


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("thrid", "no layer 'thrid'; did you mean third"),
        ("zzz", "no layer 'zzz'; its outermost are first, second, third"),
        ("", "no layer ''"),
        ("unused", "unused is never called"),
        ("third", "between activation and third it computes something outside its layers"),
        ("head", r"head returns a tensor \(1, 2\), not a map"),
    ],
)
def test_what_cannot_be_cut_is_refused(node: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        cut(Odd(), node, 2, (8, 8))


def test_the_network_given_is_left_as_it_was() -> None:
    module = Odd().train()
    cut(module, "second", 2, (8, 8))
    assert module.training
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


def test_twice_the_resolution_for_fewer_weights(tmp_path: Path) -> None:
    whole = saved(tiny("cnn", image_size=(24, 48), strides=(2, 2)), tmp_path / "whole")
    full, short = trainable(whole, NEW), trainable(whole, NEW, cut_at="stages.0")
    full.save(tmp_path / "full")
    short.save(tmp_path / "short")
    maps = [explain(load_model(tmp_path / name), IMAGE, "cam").values.shape for name in ("full", "short")]
    assert maps == [(6, 12), (12, 24)]
    weights = [sum(one.numel() for one in model.module.parameters()) for model in (full, short)]
    assert weights[1] < weights[0] / 3


@pytest.mark.parametrize("node", ["resnet.encoder.stages.0", "resnet.embedder"])
def test_a_saved_cut_network_opens_and_is_explained(cnn_folder: Path, tmp_path: Path, node: str) -> None:  # noqa: F811
    model = trainable(cnn_folder, NEW, cut_at=node)
    model.save(tmp_path)
    opened = load_model(tmp_path, device="cpu")
    assert opened.labels == dict(enumerate(NEW))
    given = opened.processor([IMAGE])
    assert torch.equal(opened.logits(given), model.module.eval()(pixel_values=model.processor([IMAGE])).logits)
    assert {name for name, reason in fitting(opened).items() if reason is None} >= {"cam", "grad-cam"}
    found = explain(opened, IMAGE, "cam", layer=node, target=1)
    bias = opened.module.cut_head.bias[1].item()
    assert found.values.mean() + bias == pytest.approx(opened.logits(given)[0, 1].item(), abs=1e-5)
    assert explain(opened, IMAGE, "grad-cam", layer=node).values.shape == found.values.shape


def test_a_cut_network_is_trained_further(cnn_folder: Path, tmp_path: Path) -> None:  # noqa: F811
    trainable(cnn_folder, NEW, cut_at="resnet.encoder.stages.0").save(tmp_path / "first")
    again = trainable(tmp_path / "first", ("yes", "no"), mode="head")
    learned = {name for name, one in again.module.named_parameters() if one.requires_grad}
    assert learned == {"network.cut_head.weight", "network.cut_head.bias"}
    again.save(tmp_path / "second")
    assert load_model(tmp_path / "second").labels == {0: "yes", 1: "no"}
    shorter = trainable(tmp_path / "first", NEW, cut_at="resnet.embedder")
    shorter.save(tmp_path / "third")
    assert "resnet.encoder.stages.0" not in dict(load_model(tmp_path / "third").module.named_modules())


def test_a_vit_has_no_map_to_cut_at() -> None:
    with pytest.raises(OptionError, match=r"layers.0 returns a tensor \(1, 16, 16\), not a map"):
        cut(tiny("vit"), "layers.0", 2, (24, 40))
