"""How well the maps of found things point at what is truly there, beside maps that know nothing of the model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vitxplain.data.sample import Mask
from vitxplain.demo.scenes import Scene, true_things
from vitxplain.metrics.controls import CONTROLS
from vitxplain.metrics.intervals import Interval, bootstrap

Heat = Float[np.ndarray, "height width"]


@dataclass(frozen=True)
class SceneScore:
    """One row of the table: means over all things that were found, each with its 95 % interval.

    `pointing` is whether the highest place of the map lies in the true box (or on the true pixels of a class),
    `inside` the share of the map that does.
    """

    model: str  # empty for a control
    method: str
    matched: int  # things that were found, of `total` that are there
    total: int
    pointing: Interval
    inside: Interval


def scene_table(model: str, scenes: Sequence[Scene]) -> list[SceneScore]:
    """The row of the model's maps, then those of the controls on the same things; none where it found nothing."""
    things = [thing for scene in scenes for thing in true_things(scene)]
    pairs = [(thing, thing.explanation) for thing in things if thing.explanation is not None]
    if not pairs:
        return []
    heats: dict[tuple[str, str], list[Heat]] = {
        (model, pairs[0][1].method): [np.nan_to_num(explanation.heatmap()) for _, explanation in pairs]
    }
    heats |= {("", name): [make(thing.sample.image) for thing, _ in pairs] for name, make in CONTROLS.items()}
    regions = [thing.region for thing, _ in pairs]
    return [
        SceneScore(
            *name,
            len(pairs),
            len(things),
            bootstrap(np.array([_pointing(*pair) for pair in zip(maps, regions, strict=True)])),
            bootstrap(np.array([_inside(*pair) for pair in zip(maps, regions, strict=True)])),
        )
        for name, maps in heats.items()
    ]


def _pointing(heat: Heat, region: Mask) -> float:
    return float(region[heat == heat.max()].mean())


def _inside(heat: Heat, region: Mask) -> float:
    return float(heat[region].sum() / max(heat.sum(), 1e-12))
