"""CurveMetric: what the model says while pixels are replaced step by step, and the area under that curve."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar, Literal, TypeAlias, final

import numpy as np
from jaxtyping import Float, Shaped
from PIL import Image

from vitxplain.metrics.base import MODEL, Case, Metric

_TOGETHER = 8  # images made before the model is asked: few large ones fill the memory
Question: TypeAlias = Literal["probabilities", "keeps_class"]  # what a subject is asked about images


class CurveMetric(Metric):
    """A metric whose score is the area under a curve; NaN where the map has no value at all."""

    needs: ClassVar[frozenset[str]] = frozenset({MODEL})

    @abstractmethod
    def curve(self, case: Case) -> Float[np.ndarray, "step 2"]:
        """The share of the pixels replaced, rising, and what the model then says, in [0, 1]."""

    def score(self, case: Case) -> float:
        return area(self.curve(case)) if np.isfinite(case.heat).any() else math.nan


@dataclass(frozen=True, eq=False)
class Steps:
    """What a curve is made of: a changed image for each share of the pixels, made when it is asked for."""

    shares: Sequence[float]
    images: Iterable[Image.Image] = field(repr=False)
    question: Question


class ChangesMetric(Metric):
    """A metric of what the model says about changed images.

    Whoever scores many maps takes the images of several together, so that the model's batches are full.
    """

    @abstractmethod
    def changes(self, case: Case) -> Steps:
        """The changed images of a map; none where the metric is not defined for it."""


class StepMetric(CurveMetric, ChangesMetric):
    """A curve of what the model says about one changed image after the other."""

    @final
    def curve(self, case: Case) -> Float[np.ndarray, "step 2"]:
        steps = self.changes(case)
        return response_curve(steps.shares, steps.images, getattr(case.model, steps.question))


def area(curve: Float[np.ndarray, "step 2"]) -> float:
    """Under the curve by the trapezoidal rule, over the width of what it covers: in [0, 1] where its heights are."""
    shares, heights = curve.T
    return float((np.diff(shares) * (heights[1:] + heights[:-1]) / 2).sum() / (shares[-1] - shares[0]))


def response_curve(
    shares: Sequence[float],
    images: Iterable[Image.Image],
    ask: Callable[[Sequence[Image.Image]], Shaped[np.ndarray, " image"]],
) -> Float[np.ndarray, "step 2"]:
    """The curve of what the model says about the image of each share, a few images at a time."""
    remaining, responses = iter(images), []
    while batch := list(islice(remaining, _TOGETHER)):
        responses.append(ask(batch))
    return np.stack([np.asarray(shares), np.concatenate(responses)], 1).astype(np.float64)
