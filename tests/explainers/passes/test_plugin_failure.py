"""What a method's own code raises, and what it gives that is none of what it promised."""

import re
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
from vitxplain.errors import OptionError, PluginError, UsageError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import AttentionExplainer, Explainer, LayerExplainer
from vitxplain.explainers.passes.choose import build
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
class OfLayer(LayerExplainer):
    """What a layer's map becomes by a function of torch."""

    make: Any = None
    layer: str | None = None
    needs: ClassVar[frozenset[str]] = frozenset({FEATURE_MAP})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False

    def attribute(self, activation: LayerActivation) -> Any:
        return self.make(activation.values)


@dataclass(frozen=True)
class Transposed(OneMap):
    """A map with columns first."""

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> Tensor:
        return torch.zeros(len(kept[0]), grid.columns, grid.rows)


def test_a_map_lies_on_the_grid_of_its_layer_or_attention():
    model, images = tiny.load(tiny.vit_module), tiny.images(2)
    of_layer = (
        "it gave the shape (2, 16, 5) for 2 images; expected (2, 3, 5), 'batch row column' on the grid of the layer; "
        "activation.values is (batch, channel, row, column), (2, 16, 3, 5)"
    )
    with pytest.raises(ValueError, match=re.escape(of_layer)):
        shared_pass(model, images, [OfLayer(lambda values: values.norm(dim=2))])
    of_attention = r"gave the shape \(2, 5, 3\) for 2 images; expected \(2, 3, 5\), .*record\.grid\.to_map"
    with pytest.raises(ValueError, match=of_attention):
        shared_pass(model, images, [Transposed()])


def test_a_map_may_be_as_large_as_the_input():
    enlarged = OfLayer(lambda values: torch.nn.functional.interpolate(values, tiny.SIZE).sum(1))
    assert shared_pass(tiny.load(tiny.vit_module), tiny.images(2), [enlarged]).maps[0].shape == (2, *tiny.SIZE)


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


def test_a_class_without_the_decorator_is_told_so():
    class Plain(Explainer):
        axes, class_specific = "batch row column", False

        def explain(self, model: object, pixel_values: Tensor, target: object = None) -> Tensor:
            return pixel_values.mean(1)

    with pytest.raises(UsageError, match=r"^Plain is no dataclass; write @dataclass\(frozen=True\) above the class\.$"):
        build([Plain], {})
