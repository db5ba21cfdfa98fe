"""Mistakes in scoring maps."""

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np

from benchmarks.known_wrong.material import model, samples
from vitxplain import explain_together
from vitxplain.evaluation.maps.model_queries import control_queries
from vitxplain.metrics.average_precision import AveragePrecision
from vitxplain.metrics.base import Case
from vitxplain.metrics.controls import centre, noise
from vitxplain.metrics.curve import area
from vitxplain.metrics.deletion import Deletion
from vitxplain.metrics.pixels import Counts, IoU
from vitxplain.metrics.pointing_game import PointingGame

METHODS = ("attention-rollout", "gradient-attention", "gradient-rollout", "grad-cam")
IMAGES = 16


@cache
def cases() -> dict[str, list[Case]]:
    """By method, and for the controls."""
    images = [sample.image for sample in samples()]
    found = explain_together(model(), images, list(METHODS))
    classes = [one.target.index for one in found["grad-cam"] if one.target]
    heats = {name: [one.heatmap().astype(float) for one in maps] for name, maps in found.items()}
    heats |= {"random": [noise(one, place) for place, one in enumerate(images)], "centre": [*map(centre, images)]}
    return {
        name: [
            Case(heat, sample.image, sample.mask, control_queries(model(), target, centre))
            for heat, sample, target in zip(maps, samples(), classes, strict=True)
        ]
        for name, maps in heats.items()
    }


def baselines() -> dict[str, object]:
    """Deletion with three baselines: the order of four methods, the best first."""
    ranks = {}
    for baseline in ("zero", "mean", "blur"):
        metric = Deletion(baseline)
        means = {name: np.mean([metric.score(one) for one in cases()[name][:IMAGES]]) for name in METHODS}
        ranks[baseline] = sorted(METHODS, key=lambda name, means=means: means[name])
    pairs = list(combinations(METHODS, 2))
    turned = sum(len({order.index(one) < order.index(other) for order in ranks.values()}) > 1 for one, other in pairs)
    return {name: ", ".join(order) for name, order in ranks.items()} | {"turned": turned, "pairs": len(pairs)}


def first_point() -> dict[str, float]:
    """The area under a deletion curve that has no point for the whole image."""
    curves = [Deletion("zero").curve(one) for one in cases()["attention-rollout"][:IMAGES]]
    whole, without = (np.mean([area(curve[start:]) for curve in curves]) for start in (0, 1))
    return {"whole": float(whole), "without": float(without)}


def ties_by_place() -> dict[str, float]:
    """Deletion of a constant map, whose pixels go by chance, or in reading order; and of a random map."""
    metric = Deletion("zero")
    flat = [replace(one, heat=np.full_like(one.heat, 0.5)) for one in cases()["random"][:IMAGES]]
    falling = -np.arange(flat[0].heat.size, dtype=float).reshape(flat[0].heat.shape)
    by_place = [replace(one, heat=falling) for one in flat]
    return {
        "chance": float(np.mean([metric.score(one) for one in flat])),
        "place": float(np.mean([metric.score(one) for one in by_place])),
    }


def any_of_the_highest() -> dict[str, float]:
    """The pointing game of constant maps, where any hit among equal maxima counts, or their share."""
    flat = [replace(one, heat=np.full_like(one.heat, 0.5)) for one in cases()["random"]]
    return {"any": 1.0, "share": float(np.mean([PointingGame().score(one) for one in flat]))}


def pooled() -> dict[str, float]:
    """The mean of the IoU of each image, and the IoU of all pixels of all images; of digits, and of two objects.

    One of the two is small, 1 % of its image, and found exactly; the other is large, half of its image, and missed.
    """
    metric, some = IoU(), cases()["attention-rollout"]
    two = [Counts(1, 0, 0, 99), Counts(0, 0, 50, 50)]
    return {
        "mean": float(np.mean([metric.score(one) for one in some])),
        "pooled": metric.of(Counts(*np.sum([metric.counts(one) for one in some], 0).tolist())),
        "two_mean": float(np.mean([metric.of(one) for one in two])),
        "two_pooled": metric.of(Counts(*np.sum(two, 0).tolist())),
    }


def no_controls() -> dict[str, float]:
    """Average precision of Grad-CAM in the last block of demo-vit, beside maps that never ask the model."""
    metric = AveragePrecision()
    return {
        name.replace("-", "_"): float(np.mean([metric.score(one) for one in maps])) for name, maps in cases().items()
    }


def fresh_values() -> dict[str, object]:
    """The weights that a randomisation by `reset_parameters` never reaches."""
    module = model().module
    parts = [part for part in module.modules() if hasattr(part, "reset_parameters")]
    reached = {id(one) for part in parts for one in part.parameters(recurse=False)}
    left = {name: one for name, one in module.named_parameters() if id(one) not in reached}
    return {
        "tensors": "`, `".join(sorted(left)),
        "share": sum(one.numel() for one in left.values()) / sum(one.numel() for one in module.parameters()),
    }
