"""Modules that take their images by name, or within a batch, are explained as those that take them first."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vitxplain import explain, load_model
from vitxplain.errors import ModelLoadError

PIXELS = torch.linspace(-1, 1, 2 * 3 * 8 * 8).sin().reshape(2, 3, 8, 8)


def network() -> nn.Module:
    torch.manual_seed(0)
    pool = [nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), *pool, nn.Linear(4, 5))


def module(forward: Callable) -> nn.Module:
    """A module around the network with this forward."""
    made = type("Own", (nn.Module,), {"forward": forward})()
    made.net = network()
    return made.eval()


FORMS = {
    "keyword": module(lambda self, *, pixel_values: self.net(pixel_values)),
    "another keyword": module(lambda self, *, radiograph: self.net(radiograph)),
    "one of several keywords": module(
        lambda self, *, masks=None, image=None: self.net(image if masks is None else masks)
    ),
    "any keywords": module(lambda self, **inputs: self.net(inputs["pixel_values"])),
    "after labels": module(lambda self, labels=None, pixel_values=None: self.net(pixel_values) + (labels or 0)),
    "dict": module(lambda self, batch: self.net(batch["pixel_values"])),
    "dict of another name": module(lambda self, batch: self.net(batch["s2_reflectance"])),
    "features": module(lambda self, batch: self.net(batch.pixel_values)),
    "list": module(lambda self, images: self.net(torch.stack(images))),
    "pair": module(lambda self, batch: self.net(batch[0]) + len(batch[1:]) - 1),
    "any arguments": module(lambda self, *images: self.net(*images)),
}


@pytest.fixture(scope="module")
def expected() -> list[np.ndarray]:
    return [made.values for made in explain(network(), PIXELS, "grad-cam", target=1)]


@pytest.mark.parametrize("form", FORMS)
def test_the_map_is_that_of_the_network(form: str, expected: list[np.ndarray]) -> None:
    for made, values in zip(explain(FORMS[form], PIXELS, "grad-cam", target=1), expected, strict=True):
        np.testing.assert_array_equal(made.values, values)


def test_the_form_is_kept_with_the_model() -> None:
    model = load_model(FORMS["features"], mean=0.5, std=0.5, size=8)
    assert pickle.loads(pickle.dumps(model.inputs)) == model.inputs


def refuse(self: nn.Module, x: Tensor) -> Tensor:
    raise RuntimeError("out of coffee")


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        (lambda self, x, age: self.net(x) + age, r"wants age beside the image \(x\), and images alone"),
        (
            lambda self, *, pixel_values, age, sex: self.net(pixel_values) + age + sex,
            r"wants age and sex beside .*\(pixel_values\)",
        ),
        (
            lambda self, batch: self.net(batch["image"]) + batch["age"],
            "takes a batch with 'image' and 'age', and images",
        ),
        (lambda self, batch: self.net(0 * batch["image"]), "takes a batch with 'image', and"),
        (refuse, "out of coffee"),
    ],
)
def test_what_wants_more_than_images_is_told(forward: Callable, words: str) -> None:
    with pytest.raises(ModelLoadError, match=words):
        explain(module(forward), PIXELS)
