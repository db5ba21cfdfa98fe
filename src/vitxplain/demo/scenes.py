"""What a detector or segmenter finds in scenes, each thing beside the truth and with its map."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vitxplain.api import explain
from vitxplain.data.sample import Mask, Sample
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.errors import TargetError
from vitxplain.explanation.explanation import Explanation
from vitxplain.geometry import Box
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.detected import on_image
from vitxplain.tasks.detection import Detection
from vitxplain.tasks.pixel_classes import BACKGROUND

MATCHED = 0.5  # intersection over union with what is true, from which on it counts as found


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


def explained_scenes(model: VisionModel, samples: Scenes) -> list[Scene]:
    """Each scene with a map of everything that the model finds in it, background aside."""
    of_objects = model.task.name == Detection.name
    return [Scene(sample, _explanations(model, sample), of_objects) for sample in samples]


def true_things(scene: Scene) -> Iterator[Thing]:
    """Everything that is truly there, with the explanation of what was found of it.

    That has the same name and overlaps by half at least; of several the one that overlaps most.
    """
    for name, region in _boxes(scene.sample) if scene.of_objects else _classes(scene.sample):
        overlaps = [
            (_overlap(region, found_region(explanation)), explanation)
            for explanation in scene.explanations
            if explanation.target and explanation.target.name == name
        ]
        best, explanation = max(overlaps, key=lambda pair: pair[0], default=(0.0, None))
        yield Thing(scene.sample, region, explanation if best >= MATCHED else None)


def found_region(explanation: Explanation) -> Mask:
    """Where the model says it is: the pixels in its box, or those of its segment."""
    target, size = explanation.target, explanation.geometry.image_size
    if target and target.region is not None:
        return on_image(target.region, explanation.geometry)
    return _filled(size, target.box) if target and target.box else np.zeros(size, bool)


def _explanations(model: VisionModel, sample: Sample) -> tuple[Explanation, ...]:
    try:
        explanations = explain(model, sample.image, target="all")
    except TargetError:  # nothing found
        return ()
    listed = explanations if isinstance(explanations, list) else [explanations]
    return tuple(one for one in listed if one.target and one.target.name != BACKGROUND)


def _boxes(sample: Sample) -> Iterator[tuple[str, Mask]]:
    size = sample.image.height, sample.image.width
    for labelled in sample.objects or ():
        yield labelled.name, _filled(size, labelled.box)


def _classes(sample: Sample) -> Iterator[tuple[str, Mask]]:
    if sample.class_map is None:
        return
    for number in np.unique(sample.class_map[sample.class_map > 0]).tolist():
        yield Scenes.map_labels[number], sample.class_map == number


def _filled(size: tuple[int, int], box: Box) -> Mask:
    """True on the pixels whose middle lies in the box."""
    left, top, right, bottom = box
    rows, columns = (np.arange(side) + 0.5 for side in size)
    return ((rows >= top) & (rows < bottom))[:, None] & ((columns >= left) & (columns < right))[None]


def _overlap(first: Mask, second: Mask) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))
