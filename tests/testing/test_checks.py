"""Every registered method keeps the contract; and each check catches the method that breaks it."""

from dataclasses import dataclass, field

import pytest
import torch

from vitxplain import registry
from vitxplain.explainers.base import Explainer
from vitxplain.testing import CHECKS, check_explainer, checks, tiny_cnn, tiny_vit
from vitxplain.testing.state import difference, snapshot

NAMES = list(registry.names("explainers"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_registered_method_keeps_the_contract(name: str, check):
    check(name)


@dataclass(frozen=True)
class Good(Explainer):
    """The mean of the channels, times an option."""

    gain: float = 1.0
    axes = "batch row column"
    class_specific = False

    def explain(self, model, pixel_values, target=None):
        model.logits(pixel_values)
        return self.gain * pixel_values.mean(1)


@dataclass
class NotFrozen(Explainer):
    gain: float = 1.0
    axes = "batch row column"
    class_specific = False
    explain = Good.explain


@dataclass(frozen=True)
class Forgetful(Good):
    def __repr__(self):
        return "Forgetful(gain=7.0)"


@dataclass(frozen=True)
class Unpicklable(Good):
    inner: object = field(default_factory=lambda: lambda: 1, compare=False)


@dataclass(frozen=True)
class WrongAxes(Good):
    axes = "batch layer row column"


@dataclass(frozen=True)
class NoBatch(Good):
    def explain(self, model, pixel_values, target=None):
        return pixel_values[:1].mean(1)


@dataclass(frozen=True)
class NotFinite(Good):
    def explain(self, model, pixel_values, target=None):
        values = pixel_values.mean(1)
        return values / values.amax((1, 2), keepdim=True)


@dataclass(frozen=True)
class Random(Good):
    def explain(self, model, pixel_values, target=None):
        return pixel_values.mean(1) + torch.rand(())


@dataclass(frozen=True)
class Mixing(Good):
    def explain(self, model, pixel_values, target=None):
        values = pixel_values.mean(1)
        return values / values.max()


@dataclass(frozen=True)
class LeavesHook(Good):
    def explain(self, model, pixel_values, target=None):
        model.module.register_forward_hook(lambda *_: None)
        return pixel_values.mean(1)


@dataclass(frozen=True)
class LeavesTraining(Good):
    """Puts the flag back, but not after an exception."""

    def explain(self, model, pixel_values, target=None):
        model.module.train()
        model.logits(pixel_values)
        model.module.eval()
        return pixel_values.mean(1)


@dataclass(frozen=True)
class LeavesGradients(Good):
    def explain(self, model, pixel_values, target=None):
        model.logits(pixel_values).sum().backward()
        return pixel_values.mean(1)


@dataclass(frozen=True)
class SaysSpecific(Good):
    class_specific = True


@dataclass(frozen=True)
class HidesSpecific(Good):
    def explain(self, model, pixel_values, target=None):
        return pixel_values.mean(1) * (1 + (target or 0))


BAD = [
    (Forgetful, "repr_evaluates", "let the dataclass make repr"),
    (WrongAxes, "shape_fits_axes", "does not have the axes"),
    (NoBatch, "shape_fits_axes", "3 images went in, 1 results came out"),
    (NotFinite, "values_are_finite", "not finite for an image of one colour"),
    (Random, "is_deterministic", "two runs differ"),
    (Mixing, "images_do_not_mix", "row . of a batch differs from image . alone"),
    (LeavesHook, "model_stays_as_found", "hooks of the model itself changed; undo"),
    (LeavesTraining, "model_stays_as_found", "training flag of .* changed when the model raised"),
    (LeavesGradients, "model_stays_as_found", "gradient of .* changed"),
    (SaysSpecific, "target_matters_if_stated", "class_specific is True, yet two classes"),
    (HidesSpecific, "target_matters_if_stated", "class_specific is False, yet"),
]


def test_a_good_method_passes():
    check_explainer(Good)
    check_explainer(Good(gain=2.0), tiny_vit())


@pytest.mark.parametrize(("method", "check", "message"), BAD, ids=[case[0].__name__ for case in BAD])
def test_a_broken_promise_is_caught(method: type[Explainer], check: str, message: str):
    with pytest.raises(AssertionError, match=message):
        getattr(checks, check)(method, tiny_cnn())
    with pytest.raises(AssertionError):
        check_explainer(method, tiny_cnn())


def test_a_method_that_can_be_changed_is_caught():
    with pytest.raises(AssertionError, match=r"decorate it with @dataclass\(frozen=True\)"):
        checks.default_construction(NotFrozen)


def test_a_method_that_does_not_pickle_is_caught():
    with pytest.raises(AssertionError, match=r"^Unpicklable does not pickle \(.*<lambda>.*\); keep in its fields what"):
        checks.pickles(Unpicklable)


def test_a_method_for_other_models_asks_for_one():
    @dataclass(frozen=True)
    class Demanding(Good):
        needs = frozenset({"linear_head", "position_embeddings"})

    with pytest.raises(AssertionError, match="fits no small model"):
        checks.shape_fits_axes(Demanding)


def test_small_models_are_always_the_same_and_draw_no_random_number():
    state = torch.get_rng_state()
    first, second = tiny_vit(), tiny_vit()
    assert difference(snapshot(first.module), snapshot(first.module)) is None
    for one, other in zip(first.module.state_dict().values(), second.module.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    assert tiny_cnn().probe().cam_grid == (4, 6)
    assert torch.equal(torch.get_rng_state(), state)
