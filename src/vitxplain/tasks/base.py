"""What a task is: what a model's output says, and what of it is explained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """The top-k classes, most probable first; probabilities by softmax (sigmoid for multi-label models)."""

    names: tuple[str, ...]
    indices: tuple[int, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Target:
    """The class that was explained."""

    index: int
    name: str
    probability: float
