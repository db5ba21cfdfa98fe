"""Methods that take something of all images of a call: they see each once before any is explained."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.base import Explainer, JointExplainer, LayerExplainer
from vitxplain.explainers.passes.fit import require
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.models.offers import PATCH_FEATURES
from vitxplain.models.processors.batches import Batch
from vitxplain.models.vision_model import VisionModel
from vitxplain.types import FeatureMap


def over_call(
    model: VisionModel, explainers: Mapping[str, Explainer], images: Callable[[], Iterable[Batch]]
) -> dict[str, Explainer]:
    """The methods, those that are joint with what they take of all images; `images` gives them anew at each call.

    Costs a forward pass of every image for each of these, and holds no more than a batch at a time.
    """
    return {
        name: explainer.over(partial(_features, model, explainer, images))
        if isinstance(explainer, JointExplainer) and explainer.is_joint
        else explainer
        for name, explainer in explainers.items()
    }


def _features(
    model: VisionModel, explainer: LayerExplainer, images: Callable[[], Iterable[Batch]]
) -> Iterator[FeatureMap]:
    """What a method's layer returns for each batch, as maps of the image."""
    for batch in images():
        require(model, [explainer], batch.size)
        yield shared_pass(model.on_part(batch.part), batch.pixel_values, [_Features(explainer.layer)]).maps[0]


@dataclass(frozen=True)
class _Features(LayerExplainer):
    """The layer's map itself."""

    layer: str | None

    needs: ClassVar[frozenset[str]] = frozenset({PATCH_FEATURES})
    axes: ClassVar[str] = "batch channel row column"
    class_specific: ClassVar[bool] = False

    def attribute(self, activation: LayerActivation) -> FeatureMap:
        return activation.values
