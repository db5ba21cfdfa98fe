"""The contract of every metric: one number for one explained image, and which way is better."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from vitxplain.data.sample import Mask

Heat: TypeAlias = Float[np.ndarray, "height width"]
Better: TypeAlias = Literal["higher", "lower", "neither"]

MASK, MODEL, METHOD = "mask", "model", "method"  # what a metric can need of a case


class Subject(ABC):
    """The model and the method behind one map. Images are changed copies of the one explained, same size."""

    @abstractmethod
    def probabilities(self, images: Sequence[Image.Image]) -> Float[np.ndarray, " image"]:
        """Of the class that was explained, for each image.

        Of an object the most that anything found has as overlap (IoU) with it times the probability of its class; of a
        segment the mean probability of its class over the region that the model gave it (`Target.presence`).
        """

    @abstractmethod
    def keeps_class(self, images: Sequence[Image.Image]) -> Bool[np.ndarray, " image"]:
        """Whether the class that was explained is the model's top class, for each image.

        Of an object or segment whether the model finds one of its class that overlaps it by at least half.
        """

    @abstractmethod
    def explain(self, images: Sequence[Image.Image]) -> Sequence[Float[np.ndarray, "height width"]]:
        """The same method about the same class, for each image."""

    @abstractmethod
    def randomised(self, image: Image.Image, stages: int, seed: int) -> Sequence[Float[np.ndarray, "height width"]]:
        """The same method asked of copies of the model, each with more of its layers randomised; the last with all."""


@dataclass(frozen=True, eq=False)
class Case:
    """One explained image as metrics see it.

    `heat` is the map at the image's pixels, higher where more relevant, NaN where the model did not look. `mask` is
    True on the object, of several on the one that is explained. `subject` is the model asked about this image, and
    `probability` what it gives the explained class; maps of other tools come without.
    """

    heat: Heat = field(repr=False)
    image: Image.Image = field(repr=False)
    mask: Mask | None = field(default=None, repr=False)
    subject: Subject | None = None
    probability: float | None = None

    @property
    def known_mask(self) -> Mask:
        """The mask, for metrics that need one."""
        if self.mask is None:
            raise ValueError('no mask in this case: the metric must name "mask" in `needs`')
        return self.mask

    @property
    def model(self) -> Subject:
        """The model asked about this image, for metrics that need one."""
        if self.subject is None:
            raise ValueError('no model in this case: the metric must name "model" or "method" in `needs`')
        return self.subject


class Metric(ABC):
    """One measure with its options; subclasses are frozen dataclasses whose fields are the options.

    Attributes:
        better: which way a better map moves it.
        needs: "mask", to know where the object is; "model", to ask about changed images; "method", to explain again.
        blind_wins: whether a map that does not look at the image does best: controls are shown then, and not compared.
    """

    better: ClassVar[Better]
    needs: ClassVar[frozenset[str]] = frozenset()
    blind_wins: ClassVar[bool] = False

    @abstractmethod
    def score(self, case: Case) -> float:
        """The measure of one map; NaN where it is not defined."""
