"""MapRequest: one map that is asked for."""

from dataclasses import dataclass, field

from vitxplain.data.sample import Mask, Sample
from vitxplain.tasks.base import ExplainedTarget, Target


@dataclass(frozen=True, eq=False)
class MapRequest:
    """A map of an image about a target; without a model there is no target.

    `region` names the object or class of the image that the target is, empty where it is a class of the whole image;
    `mask` is True where the map is to lie, None where that is not known. `description` is what is stored of the target,
    `top` the most probable class of the image.
    """

    sample: Sample
    mask: Mask | None = field(default=None, repr=False)
    target: Target | None = None
    description: ExplainedTarget | None = None
    top: ExplainedTarget | None = None
    region: str = ""


def plain_request(sample: Sample) -> MapRequest:
    """Of the image as it is, against what is known of it."""
    has_mask = sample.mask is not None or sample.boxes is not None
    return MapRequest(sample, sample.object_mask() if has_mask else None)
