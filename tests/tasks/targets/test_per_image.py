"""Several targets, several images: each comes out as if it were alone, after one forward pass."""

from typing import Any

import numpy as np
import pytest
import torch

from tests.tasks.colours import cell, detector, painted, segmenter
from vitxplain import explain, explain_together
from vitxplain.errors import TargetError

IMAGES = [
    painted(("red", cell(0, 1)), ("blue", cell(3, 0)), ("green", cell(2, 2))),
    painted(("green", cell(1, 1))),
    painted(("blue", cell(2, 3)), ("pale", cell(0, 0))),
]
MODELS = [lambda: detector(no_object=False), detector, segmenter]
METHODS = ["grad-cam"]


def _same(one: Any, other: Any) -> None:
    np.testing.assert_allclose(one.values, other.values, atol=1e-6)
    assert (one.target.name, one.target.label, one.target.box) == (
        other.target.name,
        other.target.label,
        other.target.box,
    )
    assert one.target.probability == pytest.approx(other.target.probability, abs=1e-6)
    assert len(one.detections) == len(other.detections)


@pytest.mark.parametrize("build", MODELS, ids=["sigmoid", "softmax", "segmenter"])
def test_images_with_different_numbers_of_targets_are_each_as_if_alone(build: Any) -> None:
    model = build()
    together = explain_together(model, IMAGES, METHODS, target="all")
    for number, image in enumerate(IMAGES):
        alone = explain_together(model, image, METHODS, target="all")
        for method in METHODS:
            assert len(together[method][number]) == len(alone[method])
            for one, other in zip(together[method][number], alone[method], strict=True):
                _same(one, other)


@pytest.mark.parametrize("build", MODELS[1:], ids=["detector", "segmenter"])
def test_each_of_several_targets_is_as_if_alone_and_the_model_runs_once(build: Any) -> None:
    model = build()
    model.probe()
    targets = ["red", "green~blue", "@2,30", "blue"]
    before = model.module.passes
    several = explain(model, IMAGES[0], "grad-cam", target=targets)
    assert model.module.passes == before + 1
    for target, one in zip(targets, several, strict=True):
        _same(one, explain(model, IMAGES[0], "grad-cam", target=target))
    before = model.module.passes
    nested = explain(model, IMAGES, "grad-cam", target=[targets, ["green"], "all"])
    assert model.module.passes == before + 1
    assert [len(of_image) for of_image in nested] == [4, 1, 2 + (build is segmenter)]
    _same(nested[0][3], several[3])
    _same(nested[1][0], explain(model, IMAGES[1], "grad-cam", target="green"))


def test_one_target_an_image_gives_one_explanation_an_image() -> None:
    flat = explain(detector(), IMAGES, "grad-cam", target=["blue", None, 2])
    assert [one.target.name for one in flat] == ["blue", "green", "blue"]
    with pytest.raises(TargetError, match="2 targets were given for 3 images; give one, or one an image"):
        explain(detector(), IMAGES, "grad-cam", target=["blue", "green"])


def test_batches_that_are_split_keep_whose_target_is_whose(monkeypatch: pytest.MonkeyPatch) -> None:
    from vitxplain.explainers.passes import shared_pass

    model = detector()
    whole = explain(model, IMAGES, "grad-cam", target="all")
    monkeypatch.setattr(shared_pass, "PIXELS_AT_ONCE", 2 * 32 * 32)
    for batch_size in (3, 1):
        parts = explain(model, IMAGES, "grad-cam", target="all", batch_size=batch_size)
        for of_image, expected in zip(parts, whole, strict=True):
            for one, other in zip(of_image, expected, strict=True):
                _same(one, other)


def test_ready_pixels_are_the_image() -> None:
    pixels = torch.zeros(2, 3, 32, 32)
    pixels[0, 0, :8, 8:16] = pixels[1, 2, 24:, :8] = 1
    first, second = explain(detector(), pixels, "grad-cam")
    assert (first.target.box, second.target.box) == (cell(0, 1), cell(3, 0))
    assert explain(detector(), pixels, "grad-cam", target=["@10,2", "@2,30"])[1].target.name == "blue"
