"""What a method's own code raises, and what it gives that is none of what it promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from tests.explainers import tiny
from tests.plugin_site import add_package
from vitxplain import registry
from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.capture.record import AttentionRecord
from vitxplain.errors import OptionError, PluginError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import AttentionExplainer, Explainer, LayerExplainer
from vitxplain.explainers.passes.plugin_failure import plugin_errors
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTIONS, FEATURE_MAP

BY_ATTENTION = '''
from dataclasses import dataclass
from vitxplain.explainers.base import AttentionExplainer

@dataclass(frozen=True)
class Crumbling(AttentionExplainer):
    """Fails in one of its parts."""

    part: str = "keep"
    needs = frozenset({"attentions"})
    axes = "batch row column"
    class_specific = False

    def keep(self, record):
        return record.rows([0]) if self.part == "combine" else {}["weights"]

    def combine(self, kept, grid):
        return {}["map"]
'''


@pytest.mark.parametrize(("part", "cause"), [("keep", "KeyError: 'weights'"), ("combine", "KeyError: 'map'")])
def test_a_method_of_another_package_is_named_with_it(plugins: Path, part: str, cause: str):
    add_package(plugins, "crumbling-plugin", BY_ATTENTION, {"crumbling": "Crumbling"})
    method = registry.load("explainers", "crumbling")(part)
    with pytest.raises(PluginError, match=rf"^the method 'crumbling' of crumbling-plugin 1\.0 failed: {cause}\."):
        shared_pass(tiny.load(tiny.vit_module), tiny.images(1), [AttentionRollout(), method])


def test_errors_in_the_user_s_words_stay_as_they_are(plugins: Path):
    method = registry.load("explainers", "brightness")()
    for error in (OptionError("gain is 0; it takes more."), MemoryError()):
        with pytest.raises(type(error)) as caught, plugin_errors(method):
            raise error
        assert caught.value is error


def test_methods_of_ours_are_not_blamed_on_a_package():
    with pytest.raises(KeyError), plugin_errors(AttentionRollout()):
        raise KeyError


@dataclass(frozen=True)
class Giving(Explainer):
    """Whatever it is told to give, by a class that nobody registered."""

    what: Any = None
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False

    def explain(self, model: object, pixel_values: Tensor, target: object = None) -> Any:
        return self.what


@dataclass(frozen=True)
class OneMap(AttentionExplainer):
    """A map without a batch axis."""

    needs: ClassVar[frozenset[str]] = frozenset({ATTENTIONS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False

    def keep(self, record: AttentionRecord) -> Tensor:
        return record.rows([0])

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> Tensor:
        return torch.zeros(grid.rows, grid.columns)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Giving((1,)), "it gave a tuple, not a tensor"),
        (Giving(torch.zeros(1, 4, 4)), r"it gave the shape \(1, 4, 4\) for 2 images, not 'batch row column'"),
        (OneMap(), r"it gave the shape \(3, 5\) for 2 images"),
    ],
)
def test_what_is_no_map_is_refused(method: Explainer, message: str):
    with pytest.raises((TypeError, ValueError), match=message):
        shared_pass(tiny.load(tiny.vit_module), tiny.images(2), [method])


@dataclass(frozen=True)
class Unasked(LayerExplainer):
    """Multiplies by what its `needs` does not ask for."""

    layer: str | None = None
    needs: ClassVar[frozenset[str]] = frozenset({FEATURE_MAP})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def attribute(self, activation: LayerActivation) -> Tensor:
        return (activation.values * activation.gradient).sum(1)


@dataclass(frozen=True)
class Mistaken(Unasked):
    """Fails by a None of its own."""

    def attribute(self, activation: LayerActivation) -> Tensor:
        return activation.values * None


def test_what_needs_does_not_ask_for_is_said_where_it_is_missed():
    model, image = tiny.load(tiny.vit_module), tiny.images(1)
    with pytest.raises(ValueError, match='in `needs`, activation.gradient is None: add "gradients"'):
        shared_pass(model, image, [Unasked()])
    with pytest.raises(TypeError, match=r"'NoneType'$"):
        shared_pass(model, image, [Mistaken()])


def test_a_word_that_means_nothing_is_no_fault_of_the_model():
    @dataclass(frozen=True)
    class Misspelt(OneMap):
        needs: ClassVar[frozenset[str]] = frozenset({"values", ATTENTIONS})

    with pytest.raises(PluginError, match="Misspelt says .*: 'values' is no word of needs; words are attentions, "):
        shared_pass(tiny.load(tiny.vit_module), tiny.images(1), [Misspelt()])
