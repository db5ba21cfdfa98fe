"""The contract of every method: Explainer, and the kinds that share forward passes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from torch import Tensor

from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import PATCH_FEATURES
from vitxplain.tasks.base import TargetLike
from vitxplain.types import FeatureMap, PixelValues

if TYPE_CHECKING:
    from vitxplain.capture.layer_tap import LayerActivation
    from vitxplain.models.vision_model import VisionModel


def says_where(axes: str) -> bool:
    """Whether values with these axes say where in the image: one, or several, for each place."""
    return lies_on_image(axes) and "component" not in axes


def lies_on_image(axes: str) -> bool:
    """Whether values with these axes are laid out as the image is."""
    return axes.endswith("row column") and "row2" not in axes


def explains_answers(method: "type[Explainer] | Explainer") -> bool:
    """Whether its maps say where an answer comes from; those of features alone say what is alike in the image."""
    return says_where(method.axes) and PATCH_FEATURES not in method.needs


class Explainer(ABC):
    """One method with its options; subclasses are frozen dataclasses whose fields are the options.

    Attributes:
        needs: what the model must offer, keys of `vitxplain.plugins.offers.WORDS`.
        axes: the result's axes, batch first: "batch row column", "batch layer head", ...
        class_specific: whether the result depends on the target.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    axes: ClassVar[str]
    class_specific: ClassVar[bool]

    @property
    def passes_a_target(self) -> int | None:
        """Forward passes for each image and target, where they are many; None: a few, whatever the options are."""
        return None

    @property
    def never_negative(self) -> bool:
        """Whether by its definition no value is below 0: its maps cannot show what speaks against their target."""
        return False

    @abstractmethod
    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> Tensor:
        """Signed, raw values with the axes this class states; row i depends on image i alone."""


class AttentionExplainer(Explainer):
    """A method on attention weights: what to keep of each layer as it runs, and how to combine what was kept.

    Methods of this kind share one forward pass. If `needs` holds "attention_gradients" they share one backward pass
    too: `keep` is then called after it, first layer first, and `record.gradients` is there.

    Attributes:
        views: 2 for the mean of the maps of the image and of a second view of it, mirrored and half a patch along;
            a method that gives one map an image may make it an option.
    """

    views: int = 1
    kinds: ClassVar[frozenset[str]] = frozenset({"token"})  # the attention `keep` is called for

    @abstractmethod
    def keep(self, record: AttentionRecord) -> Tensor:
        """What is needed of one layer, batch first; the weights are gone afterwards."""

    @abstractmethod
    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> Tensor:
        """The result from what was kept of each layer, first layer first."""

    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> Tensor:
        from vitxplain.explainers.passes.shared_pass import shared_pass

        return shared_pass(model, pixel_values, [self], target).maps[0]


@dataclass(frozen=True, eq=False)
class DecoderLayer:
    """What a method kept of one attention call of a decoder, batch first, and what that call is."""

    layout: AttentionLayout
    kept: Tensor


class DecoderExplainer(Explainer):
    """A method on the attention of a decoder, whose queries ask the image, and each other, for an object each.

    Shares passes as an AttentionExplainer does, with gradients if `needs` holds "decoder_gradients". Which query is
    meant is known after the pass alone, so `keep` keeps what it needs of all of them.
    """

    def wants(self, layout: AttentionLayout) -> bool:
        """Whether `keep` is called for this one of the decoder's calls, and of its encoder's; by default for each."""
        return True

    @abstractmethod
    def keep(self, record: AttentionRecord) -> Tensor:
        """What is needed of one call, batch first; the weights are gone afterwards."""

    @abstractmethod
    def combine(self, layers: Sequence[DecoderLayer], query: int) -> Tensor:
        """The result for one query, from what was kept of each call, first call first."""

    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> Tensor:
        from vitxplain.explainers.passes.shared_pass import shared_pass

        return shared_pass(model, pixel_values, [self], target).maps[0]


class LayerExplainer(Explainer):
    """A method on the output of one layer: `layer` names the node, None takes the one the probe found.

    Methods of this kind share the forward pass with every other; if `needs` holds "gradients" the backward pass too.
    """

    layer: str | None

    @abstractmethod
    def attribute(self, activation: "LayerActivation") -> Tensor:
        """The result from the layer's feature map (and its gradient)."""

    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> Tensor:
        from vitxplain.explainers.passes.shared_pass import shared_pass

        return shared_pass(model, pixel_values, [self], target).maps[0]


class JointExplainer(LayerExplainer):
    """A method on the output of one layer that takes something of all images of a call, as common components.

    The exception to the rule that row i depends on image i alone; its own `explain` keeps to the rule. `over` is asked
    once a call, where that has several images and `is_joint`.
    """

    @property
    @abstractmethod
    def is_joint(self) -> bool:
        """Whether, with these options, it has still to see all images."""

    @abstractmethod
    def over(self, features: "Callable[[], Iterable[FeatureMap]]") -> "JointExplainer":
        """The method with what it takes of all images; `features` gives the layer's maps of them anew at each call."""


# The kinds that share one pass; any other method runs its own.
SHARING: Final = (AttentionExplainer, DecoderExplainer, LayerExplainer)
