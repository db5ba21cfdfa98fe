"""How well each method finds the digit, beside maps that know nothing of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from vitxplain.data.sample import Sample
from vitxplain.explanation.explanation import Explanation
from vitxplain.metrics.average_precision import average_precision
from vitxplain.metrics.controls import CONTROLS
from vitxplain.metrics.intervals import Interval, bootstrap

PerImage = Float[np.ndarray, " image"]


@dataclass(frozen=True)
class Score:
    """One row of the table: average precision against the digit's mask, over the images, with its 95 % interval."""

    model: str  # empty for a control
    method: str
    precision: Interval
    lead: Interval | None  # over the best control, image by image; None for controls


def precisions(explanations: Sequence[Explanation], samples: Sequence[Sample]) -> PerImage:
    """The average precision of each map against the mask of its image."""
    pairs = zip(explanations, samples, strict=True)
    return np.array([average_precision(one.heatmap(), sample.object_mask()) for one, sample in pairs])


def controls(samples: Sequence[Sample]) -> dict[str, PerImage]:
    """The same of every control."""
    return {
        name: np.array([average_precision(make(one.image), one.object_mask()) for one in samples])
        for name, make in CONTROLS.items()
    }


def table(of_methods: Mapping[str, Mapping[str, PerImage]], of_controls: Mapping[str, PerImage]) -> list[Score]:
    """Methods of each model, the best first; then the controls."""
    best_control = of_controls[max(of_controls, key=lambda name: of_controls[name].mean())]
    rows = [
        Score(model, method, bootstrap(values), bootstrap(values - best_control))
        for model, methods in of_methods.items()
        for method, values in sorted(methods.items(), key=lambda item: -item[1].mean())
    ]
    return rows + [Score("", name, bootstrap(values), None) for name, values in of_controls.items()]
