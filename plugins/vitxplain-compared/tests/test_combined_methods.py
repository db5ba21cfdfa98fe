"""Methods made of methods: the ensemble and the mirror average."""

import pytest
import torch
from PIL import Image
from vitxplain_compared.ensemble import Ensemble
from vitxplain_compared.mirror_average import MirrorAverage

from tests.explainers import tiny
from vitxplain import explain, fitting
from vitxplain.plugins import OptionError, UnknownNameError, UnsupportedModelError, build_explainers
from vitxplain.testing import CHECKS, tiny_cnn

(GRAD_CAM,) = build_explainers(["grad-cam"], {}).values()


def unit(maps: torch.Tensor) -> torch.Tensor:
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / (high - low)


def test_the_ensemble_is_the_geometric_mean_above_its_floor() -> None:
    model, images = tiny.load(tiny.vit_module), tiny.images(2)
    members = build_explainers(["gradient-attention", "grad-cam"], {}).values()
    maps = [unit(member.explain(model, images, 1)) for member in members]
    found = Ensemble(("gradient-attention", "grad-cam"), floor=0.1).explain(model, images, 1)
    torch.testing.assert_close(found, ((maps[0] + 0.1) * (maps[1] + 0.1)).sqrt() - 0.1, atol=1e-5, rtol=1e-4)
    assert found.min() >= -1e-6


def test_the_mirror_average_of_a_mirrored_image_is_the_mirrored_map() -> None:
    model, images = tiny.load(tiny.vit_module), tiny.images(2)
    method = MirrorAverage("grad-cam")
    torch.testing.assert_close(
        method.explain(model, images.flip(-1), 1), method.explain(model, images, 1).flip(-1), atol=1e-5, rtol=1e-4
    )


def test_without_a_target_both_maps_are_about_the_class_of_the_image_itself() -> None:
    model, images = tiny.load(tiny.vit_module), tiny.images(4)
    classes = model.logits(images).argmax(-1)
    method = MirrorAverage("gradient-attention")
    torch.testing.assert_close(method.explain(model, images), method.explain(model, images, classes.tolist()))


def test_members_are_named_as_on_the_command_line() -> None:
    result = explain(tiny.load(tiny.vit_module), tiny.images(1)[0], "ensemble", members=("rollout", "chefer"))
    assert result.values.shape == (3, 5)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (Ensemble(("head-distance", "grad-cam")), "head-distance cannot be in an ensemble"),
        (Ensemble(("ensemble", "grad-cam")), "ensemble cannot be in an ensemble"),
        (MirrorAverage("raw-attention"), "raw-attention cannot be averaged"),
        (MirrorAverage("mirror-average"), "mirror-average cannot be averaged"),
    ],
)
def test_what_gives_no_single_map_is_refused(method: Ensemble | MirrorAverage, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        method.explain(tiny.load(tiny.vit_module), tiny.images(1))


def test_unknown_members_are_met_with_near_names() -> None:
    with pytest.raises(UnknownNameError, match="gradient-attention"):
        MirrorAverage("gradient-atention").explain(tiny.load(tiny.vit_module), tiny.images(1))


def test_a_member_that_does_not_fit_says_what_it_needs() -> None:
    with pytest.raises(UnsupportedModelError, match="cam needs a linear head"):
        MirrorAverage("cam").explain(tiny.load(tiny.vit_module), tiny.images(1))


@pytest.mark.parametrize("methods", [(), ("rollout",), ("rollout", "rollout")])
def test_an_ensemble_has_two_or_more_members(methods: object) -> None:
    with pytest.raises(OptionError, match="two or more names"):
        Ensemble(methods)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "needs", "about_a_class"),
    [
        (MirrorAverage, {"attentions", "attention_gradients"}, True),
        (MirrorAverage("grad-cam"), GRAD_CAM.needs, True),
        (MirrorAverage("attention-rollout"), {"attentions"}, False),
        (Ensemble, {"attentions", "attention_gradients"}, True),
        (Ensemble(("attention-rollout", "grad-cam")), {"attentions"} | GRAD_CAM.needs, True),
    ],
)
def test_what_they_need_and_are_about_is_what_their_members_are(method, needs, about_a_class) -> None:
    assert method.needs == needs
    assert method.class_specific is about_a_class


@pytest.mark.parametrize(
    "method", [MirrorAverage("grad-cam"), Ensemble(("cam", "grad-cam"))], ids=["mirror", "ensemble"]
)
def test_on_a_model_without_attention_members_without_it_fit(method) -> None:
    model, image, name = tiny_cnn(), Image.new("RGB", (48, 32)), next(iter(build_explainers([method], {})))
    assert explain(model, image, method).values.ndim == 2
    assert fitting(model)[name] is not None
    with pytest.raises(UnsupportedModelError, match=f"{name} needs attention"):
        explain(model, image, name)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "method", [MirrorAverage("rollout"), Ensemble(("cam", "grad-cam"))], ids=["mirror", "ensemble"]
)
def test_other_members_keep_the_contract_too(method, check) -> None:
    check(method)
