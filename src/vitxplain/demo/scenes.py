"""What a detector or segmenter finds in scenes, each thing beside the truth and with its map."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vitxplain.api import explain
from vitxplain.data.sample import ExactBox, Mask, Sample
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.errors import TargetError
from vitxplain.evaluation.regions.match import MATCHED, matches
from vitxplain.evaluation.regions.truth import TrueClasses, TrueObjects, Truth, boxed
from vitxplain.explanation.explanation import Explanation
from vitxplain.geometry import Geometry
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.detected import Detected, on_image
from vitxplain.tasks.detection import Detection
from vitxplain.tasks.pixel_classes import BACKGROUND


@dataclass(frozen=True, eq=False)
class Scene:
    """One scene, and an explanation of each thing that the model found in it, the best first."""

    sample: Sample
    explanations: tuple[Explanation, ...]
    of_objects: bool  # else of classes of pixels


@dataclass(frozen=True, eq=False)
class Thing:
    """One thing that is truly there: to a detector an object's box, to a segmenter all places of a class.

    `explanation` is that of what the model found there; None where it missed it.
    """

    sample: Sample
    region: Mask  # in pixels of the image
    explanation: Explanation | None


def explained_scenes(model: VisionModel, samples: Scenes) -> Iterator[Scene]:
    """Each scene with a map of everything that the model finds in it, background aside."""
    of_objects = model.task.name == Detection.name
    return (Scene(sample, _explanations(model, sample), of_objects) for sample in samples)


def true_things(scene: Scene) -> Iterator[Thing]:
    """Everything that is truly there, with the explanation of what was found of it, as `vitx evaluate` matches them.

    Of a class of pixels it counts as found if it overlaps by half at least, as an object does.
    """
    classes = {one.name: one.index for one in map(_detected, scene.explanations)}
    truth: Truth = TrueObjects(classes, "box") if scene.of_objects else TrueClasses(classes, "mask")
    regions = truth.regions(scene.sample, Scenes())
    size = scene.sample.image.height, scene.sample.image.width
    geometry = scene.explanations[0].geometry if scene.explanations else Geometry.identity(size)
    pairs = matches(truth, regions, [_detected(one) for one in scene.explanations], geometry)
    for region, match in zip(regions, pairs, strict=True):
        mask = truth.mask(region, scene.sample, None)
        if mask is not None:
            is_found = match.number is not None and match.overlap >= MATCHED
            yield Thing(scene.sample, mask, scene.explanations[match.number or 0] if is_found else None)


def found_region(explanation: Explanation) -> Mask:
    """Where the model says it is: the pixels in its box, or those of its segment."""
    target, size = explanation.target, explanation.geometry.image_size
    if target and target.region is not None:
        return on_image(target.region, explanation.geometry)
    return boxed(ExactBox(*target.box), size) if target and target.box else np.zeros(size, bool)


def _explanations(model: VisionModel, sample: Sample) -> tuple[Explanation, ...]:
    try:
        explanations = explain(model, sample.image, target="all")
    except TargetError:  # nothing found
        return ()
    listed = explanations if isinstance(explanations, list) else [explanations]
    things = [(one.target.probability, one) for one in listed if one.target and one.target.name != BACKGROUND]
    return tuple(one for _, one in sorted(things, key=lambda pair: -pair[0]))  # segments came the largest first


def _detected(explanation: Explanation) -> Detected:
    """What an explanation is about, as it was found."""
    target = explanation.target
    if target is None:
        raise ValueError(f"{explanation.method} is about nothing that was found")
    return Detected(target.index, target.name, target.probability, target.box, target.share, mask=target.region)
