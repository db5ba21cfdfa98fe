"""Test-time averaging: a method's map of the image and of its mirror image, as one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from vitxplain.plugins import Explainer, PatchMap, PixelValues, TargetLike, check_name, shared_pass
from vitxplain_compared.members import Combined, built

if TYPE_CHECKING:
    from vitxplain.plugins import VisionModel


@dataclass(frozen=True)
class MirrorAverage(Combined):
    """The mean of a method's maps of the image and of its mirror image, the second one mirrored back.

    Args:
        method: name of a method that gives one map an image; its default options are used.

    What the method owes to the accident of left and right cancels. Both maps are about the class that the image
    itself is given, and each is divided by its greatest magnitude. Costs the method twice.
    """

    method: str = "gradient-attention"

    def __post_init__(self) -> None:
        check_name("method", self.method)

    def parts(self) -> Mapping[str, Explainer]:
        """The method."""
        return built([self.method], MirrorAverage, "averaged")

    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> PatchMap:
        """As of every explainer.

        Raises:
            OptionError: the method gives no map of the image, or is this one.
        """
        (method,) = self.parts().values()
        upright = shared_pass(model, pixel_values, [method], target)
        same_target = model.task.target(target, model.labels).fixed(upright.outputs)
        mirrored = shared_pass(model, pixel_values.flip(-1), [method], same_target)
        return (_scaled(upright.maps[0]) + _scaled(mirrored.maps[0].flip(-1))) / 2


def _scaled(maps: PatchMap) -> Tensor:
    greatest = maps.abs().amax((1, 2), keepdim=True)
    return (maps / greatest).masked_fill(greatest == 0, 0.0)
