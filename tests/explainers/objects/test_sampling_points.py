"""Sampling points: those that the module itself works out, beside the reference it is given, of each object's query."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.sweeps.detector_models import SIZE, detector
from vitxplain import explain, fitting, load_model
from vitxplain.errors import OptionError, UnsupportedModelError
from vitxplain.testing import tiny_detector

IMAGE = torch.randn(3, *SIZE, generator=torch.Generator().manual_seed(1))


def sampled(module: nn.Module, image: torch.Tensor) -> list[dict[str, Any]]:
    """Locations, weights and references of each call of the decoder, as its own modules hand them on."""
    seen: list[dict[str, Any]] = []

    def outer(_part: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        given = dict(zip(("hidden_states", "attention_mask", "encoder_hidden_states"), args, strict=False)) | kwargs
        seen.append({"reference": given["reference_points"]})

    def inner(_part: nn.Module, args: tuple) -> None:
        tensors = [one for one in args if isinstance(one, torch.Tensor)]
        locations = next(one for one in tensors if one.dim() == 6)
        weights = next(one for one in tensors if one.shape == locations.shape[:-1])
        seen[-1] |= {"locations": locations, "weights": weights}

    for name, part in module.named_modules():
        if name.endswith("encoder_attn"):
            part.register_forward_pre_hook(outer, with_kwargs=True)
            part.attn.register_forward_pre_hook(inner)
    with torch.no_grad():
        module(image[None])
    return seen


@pytest.mark.parametrize("name", ["RTDetrForObjectDetection", "DeformableDetrForObjectDetection"])
def test_they_are_those_of_the_module(name: str) -> None:
    module = detector(name)
    model = load_model(module, mean=0.0, std=1.0, size=SIZE)
    made = explain(model, IMAGE, "sampling-points", target=["object:0", "object:4"], min_score=0)
    calls = sampled(module, IMAGE)
    for one in made:
        query = next(d.query for d in one.detections if d.box == one.target.box)
        assert one.values.shape[0] == len(calls)
        for values, call in zip(one.values, calls, strict=True):
            locations, weights = call["locations"][0, query], call["weights"][0, query]
            np.testing.assert_allclose(values[..., :2], locations.flatten(1, 2), atol=1e-5)
            np.testing.assert_allclose(values[..., 2], weights.flatten(1), atol=1e-6)
            levels = torch.arange(locations.shape[1])[None, :, None].expand(locations.shape[:3])
            np.testing.assert_array_equal(values[..., 3], levels.flatten(1))
            reference = call["reference"][0, query].mean(0)
            np.testing.assert_allclose(values[0, 0, 4 : 4 + len(reference)], reference, atol=1e-6)
            assert not values[0, 0, 4 + len(reference) :].any()  # a point has no sides
    assert not np.allclose(made[0].values, made[1].values)
    assert made[0].plot().axes[1].get_title() == "layer 0"


def test_one_layer_and_head_are_drawn_by_level_or_head() -> None:
    model = load_model(detector("RTDetrForObjectDetection"), mean=0.0, std=1.0, size=SIZE)
    whole = explain(model, IMAGE, "sampling-points", min_score=0)
    made = explain(model, IMAGE, "sampling-points", layer=-1, head=2, min_score=0)
    np.testing.assert_allclose(made.values[0, 0], whole.values[-1, 2], atol=1e-6)
    for colour, groups in (("level", ["level 0", "level 1", "level 2"]), ("head", ["head 2"])):
        figure = made.plot(colour=colour)
        assert [text.get_text() for text in figure.axes[-1].get_legend().get_texts()][: len(groups)] == groups
        assert sum(len(one.get_offsets()) for one in figure.axes[1].collections[-1:]) == whole.values.shape[2]
    for options, message in (({"layer": 2}, "layer 2 does not exist"), ({"head": 9}, "head 9 does not exist")):
        with pytest.raises(OptionError, match=message):
            explain(model, IMAGE, "sampling-points", min_score=0, **options)


def test_what_has_no_deformable_attention_is_refused_with_the_reason() -> None:
    dense = tiny_detector()
    with pytest.raises(UnsupportedModelError, match=r"needs sampling points, .*\n  Why: its queries ask every place"):
        explain(dense, torch.rand(3, 32, 48), "sampling-points")
    segmenter = load_model(detector("Mask2FormerForUniversalSegmentation"), mean=0.5, std=0.5, size=SIZE)
    assert "dense attention" in str(fitting(segmenter)["sampling-points"])  # deformable in its pixel decoder alone
