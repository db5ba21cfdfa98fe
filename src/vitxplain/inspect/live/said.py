"""What a model says of an image, as facts: prediction, objects found, maps of methods, position embeddings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from vitxplain.api import explain_together
from vitxplain.errors import TargetError, UsageError
from vitxplain.explainers.passes.choose import MethodLike, build
from vitxplain.explainers.position_similarity import PositionSimilarity
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.target_words import name_and_score, sides
from vitxplain.geometry import Box, Geometry
from vitxplain.models.labels import names_of
from vitxplain.models.probing.probe import Probe
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import TargetLike, TaskOutputs
from vitxplain.tasks.detected import Detected

TOP: int = 5


def prediction(model: VisionModel, outputs: TaskOutputs) -> list[dict[str, Any]]:
    """The best classes of the image; none of a model that gives features."""
    probabilities = model.task.probabilities(outputs)
    labels = names_of(model.labels, model.task.num_labels(probabilities))
    (best,) = model.task.predictions(probabilities, labels, TOP)
    return [
        {"label": name, "score": score, "unit": best.unit}
        for name, score in zip(best.names, best.probabilities, strict=True)
        if np.isfinite(score)
    ]


def found_objects(
    model: VisionModel, probe: Probe, outputs: TaskOutputs, geometry: Geometry, scale: float
) -> list[dict[str, Any]]:
    """What a detector or segmenter found, best first, in pixels of the picture, `scale` of those of the image."""
    if not model.task.finds:
        return []
    target = model.task.target(None, names_of(model.labels, probe.num_labels)).on_images([geometry])
    try:
        detections = target.settle(outputs).detections_in(0)
    except TargetError:  # nothing was found
        return []
    return [
        {
            "label": detected.name,
            "score": detected.score,
            "box": [side * scale for side in box],
            "query": detected.query,
        }
        for detected in detections
        if (box := _box(detected, geometry)) is not None
    ]


def method_maps(
    model: VisionModel, image: Any, methods: Sequence[MethodLike], target: TargetLike, scale: float
) -> list[tuple[dict[str, Any], np.ndarray]]:
    """The maps of these methods over one image, each with its facts.

    Raises:
        UsageError: a method gives no map of the image.
    """
    if not methods:
        return []
    without_map = [name for name, explainer in build(methods, {}).items() if explainer.axes != "batch row column"]
    if without_map:
        raise UsageError(f"{without_map[0]} gives no map over the image; name methods that do, such as grad-cam.")
    explanations = explain_together(model, [image], methods, target=target)
    return explanation_maps([made[0] for made in explanations.values()], scale)


def explanation_maps(explanations: Sequence[Explanation], scale: float) -> list[tuple[dict[str, Any], np.ndarray]]:
    """The maps of those that have one over the image, each with its facts."""
    with_map = [explanation for explanation in explanations if explanation.axes == "row column"]
    return [(_map_facts(explanation, scale), explanation.values) for explanation in with_map]


def positions(model: VisionModel, probe: Probe, grid: tuple[int, int] | None) -> np.ndarray | None:
    """(patch, patch) cosine similarity of position embeddings; None where none were learned for this grid."""
    if probe.position_embeddings is None or grid is None:
        return None
    similarity = PositionSimilarity().explain(model, torch.zeros(1, 3, *probe.input_size))[0]
    if tuple(similarity.shape[:2]) != grid:
        return None
    return similarity.flatten(2).flatten(0, 1).cpu().numpy().astype(np.float16)


def box_on_picture(geometry: Geometry, scale: float) -> list[float]:
    """What the model saw, (left, top, right, bottom) in pixels of the picture; beyond it where it padded."""
    top, left, bottom, right = geometry.box
    return [side * scale for side in (left, top, right, bottom)]


def _map_facts(explanation: Explanation, scale: float) -> dict[str, Any]:
    target = explanation.target
    return {
        "method": explanation.method,
        "target": "" if target is None else target.name if target.against is None else name_and_score(target),
        "box": box_on_picture(explanation.geometry, scale),
        "signed": bool(explanation.values.min() < 0),
        "unit": "",
        "note": " ".join(explanation.notes),
    } | ({} if target is None or target.against is None else {"sides": list(sides(target))})


def _box(detected: Detected, geometry: Geometry) -> Box | None:
    """Its box, or that around its mask."""
    if detected.box is not None or detected.mask is None or not detected.mask.any():
        return detected.box
    rows, columns = (np.flatnonzero(detected.mask.any(axis)) for axis in (1, 0))
    height, width = detected.mask.shape
    shares = columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
    return geometry.on_image(shares)
