"""Subject: what a metric may ask of the model that was explained, about one image and one class."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image


class Subject(ABC):
    """The model and the method behind one map. Images are changed copies of the one explained, same size."""

    @abstractmethod
    def probabilities(self, images: Sequence[Image.Image]) -> Float[np.ndarray, " image"]:
        """Of the class that was explained, for each image."""

    @abstractmethod
    def keeps_class(self, images: Sequence[Image.Image]) -> Bool[np.ndarray, " image"]:
        """Whether the class that was explained is the model's top class, for each image."""

    @abstractmethod
    def explain(self, images: Sequence[Image.Image]) -> Sequence[Float[np.ndarray, "height width"]]:
        """The same method about the same class, for each image."""

    @abstractmethod
    def randomised(self, image: Image.Image, stages: int, seed: int) -> Sequence[Float[np.ndarray, "height width"]]:
        """The same method asked of copies of the model, each with more of its layers randomised; the last with all."""
